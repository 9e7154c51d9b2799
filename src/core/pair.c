/* See the header. */
#include "core/pair.h"

#include "base/jsonw.h"

_Static_assert(GB_FACT_NO_PAIR == GB_PAIR_NONE, "what a row is when it repeats nothing");

struct gb_str gb_pair_word(enum gb_pair_kind kind)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_PAIR_LIST(X)
#undef X
    };

    GB_CHECK(kind < GB_PAIR_NONE);
    return gb_str_of(words[kind]);
}

static struct gb_str network_of(const struct gb_policy *policy, const struct gb_observation *o)
{
    const struct gb_source_row *source = gb_policy_source(policy, o->source);

    return source != NULL ? source->network : o->source;
}

static bool is_same_network(const struct gb_policy *policy, const struct gb_observation *a,
                            const struct gb_observation *b)
{
    return gb_str_eq(network_of(policy, a), network_of(policy, b));
}

static bool is_citizens(const struct gb_policy *policy, const struct gb_observation *o)
{
    return gb_str_eq(gb_policy_canonical(policy, o->source, GB_STR("channel"), o->image.channel,
                                         o->image.occurred_at),
                     GB_STR("citizen"));
}

enum gb_pair_kind gb_pair_of_reports(const struct gb_policy *policy,
                                     const struct gb_observation *a,
                                     const struct gb_observation *b)
{
    if (gb_str_is(a->image.holder) && gb_str_eq(a->image.holder, b->image.holder)) {
        return is_same_network(policy, a, b) ? GB_PAIR_SAME_FACT : GB_PAIR_SECONDARY;
    }
    return is_citizens(policy, a) && is_citizens(policy, b) ? GB_PAIR_CITIZENS
                                                            : GB_PAIR_CORROBORATION;
}

/* The time of a visit lies within that of a log. */
static bool is_within(const struct gb_fact *visit, const struct gb_fact *log)
{
    return visit->begins >= 0 && log->begins >= 0 && log->ends >= 0 &&
           log->begins <= visit->begins && visit->begins <= log->ends;
}

enum gb_pair_kind gb_pair_of_visits(const struct gb_policy *policy,
                                    const struct gb_observation *a,
                                    const struct gb_observation *b)
{
    if (a->fact->told_in == b->fact->told_in || !gb_str_eq(a->fact->date, b->fact->date) ||
        !gb_str_eq(a->fact->village, b->fact->village)) {
        return GB_PAIR_NONE;
    }
    if (is_same_network(policy, a, b)) {
        return GB_PAIR_SAME_FACT;
    }
    return is_within(a->fact, b->fact) || is_within(b->fact, a->fact) ? GB_PAIR_SECONDARY
                                                                          : GB_PAIR_NONE;
}

enum gb_pair_kind gb_pair_of_report(const struct gb_policy *policy,
                                    const struct gb_matter *matter, uint32_t i)
{
    enum gb_pair_kind best = GB_PAIR_NONE;

    for (uint32_t j = 0; j < i && !matter->reports[i]->is_made; j++) {
        enum gb_pair_kind kind =
            gb_pair_of_reports(policy, matter->reports[j], matter->reports[i]);

        best = kind < best ? kind : best;
    }
    return best;
}

struct gb_pair_counts gb_pair_count(const struct gb_policy *policy,
                                    const struct gb_matter *matter)
{
    struct gb_pair_counts counts = {{0}};

    for (uint32_t i = 1; i < matter->count; i++) {
        enum gb_pair_kind best = gb_pair_of_report(policy, matter, i);

        if (best < GB_PAIR_NONE) {
            counts.by[best]++;
        }
    }
    return counts;
}

struct gb_str gb_pair_write(struct gb_core *core, const struct gb_pair_counts *counts)
{
    static const enum gb_pair_kind by_word[] = {GB_PAIR_CITIZENS, GB_PAIR_CORROBORATION,
                                                GB_PAIR_SAME_FACT, GB_PAIR_SECONDARY};
    bool is_any = false;
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    for (size_t i = 0; i < GB_COUNT(by_word); i++) {
        if (counts->by[by_word[i]] > 0) {
            gb_jsonw_key_int(&w, gb_pair_word(by_word[i]), counts->by[by_word[i]]);
            is_any = true;
        }
    }
    gb_jsonw_end(&w);
    return is_any ? gb_core_text(core) : GB_STR_NONE;
}

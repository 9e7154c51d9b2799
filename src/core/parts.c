/* The parts of a matter as it is published: who leads and helps, what each body says. */
#include "core/parts.h"

#include "base/jsonw.h"
#include "core/node.h"
#include "core/ruling.h"

static void begin(struct gb_core *core, struct gb_jsonw *w)
{
    gb_buf_clear(&core->buf);
    gb_jsonw_init(w, &core->buf);
}

struct gb_str gb_write_roles(struct gb_core *core, const struct gb_duty *duty,
                             enum gb_duty_kind kind)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; duty != NULL && i < duty->parts_count; i++) {
        if (duty->parts[i].kind == kind) {
            gb_jsonw_str(&w, gb_role_word(duty->parts[i].post.role));
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

struct gb_str gb_write_lead(struct gb_core *core, const struct gb_decision *d)
{
    struct gb_jsonw w;

    if (!d->has_lead) {
        return GB_STR_NONE;
    }
    begin(core, &w);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("basis"));
    gb_jsonw_object(&w);
    if (d->ruling == NULL) {
        gb_jsonw_key_opt(&w, GB_STR("en"), d->duty->basis_en);
        gb_jsonw_key_opt(&w, GB_STR("zh"), d->duty->basis_zh);
    } else {
        gb_jsonw_key_opt(&w, GB_STR("zh"), gb_value_str(&d->ruling->fields, GB_STR("basis")));
    }
    gb_jsonw_end(&w);
    if (d->ruling != NULL) {
        gb_jsonw_key_str(&w, GB_STR("decision"), d->ruling->head.key);
    }
    gb_jsonw_key_opt(&w, GB_STR("handed_over"), gb_handed_word(d->handed));
    if (d->ruling == NULL) {
        gb_jsonw_key_opt(&w, GB_STR("item"), d->duty->item);
    }
    gb_jsonw_key_opt(&w, GB_STR("network"), d->lead_network);
    gb_jsonw_key_str(&w, GB_STR("role"), gb_role_word(d->lead));
    gb_jsonw_key_str(&w, GB_STR("rule"), gb_decision_rule(d));
    gb_jsonw_key_opt(&w, GB_STR("unit"), d->unit);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

struct gb_str gb_write_first(struct gb_core *core, const struct gb_decision *d)
{
    struct gb_jsonw w;

    if (d->first == NULL) {
        return GB_STR_NONE;
    }
    begin(core, &w);
    gb_jsonw_object(&w);
    gb_jsonw_key_str(&w, GB_STR("network"), d->first->network);
    gb_jsonw_key_str(&w, GB_STR("role"), gb_role_word(d->first->role));
    gb_jsonw_key_str(&w, GB_STR("source"), d->first->source);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

struct gb_str gb_write_bodies(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        gb_jsonw_object(&w);
        gb_jsonw_key_bool(&w, GB_STR("claims_lead"), o->image.claims_lead);
        if (gb_returns_count(o) > 0) {
            gb_jsonw_key_int(&w, GB_STR("returns"), gb_returns_count(o));
        }
        gb_jsonw_key_str(&w, GB_STR("source"), o->source);
        gb_jsonw_key_str(&w, GB_STR("state"), gb_state_word(o->image.state));
        gb_jsonw_key_str(&w, GB_STR("state_code"), o->image.state_code);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

struct gb_str gb_write_refs(struct gb_core *core, struct gb_observation *const *reports,
                            uint32_t count)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < count; i++) {
        const struct gb_observation *o = reports[i];

        gb_jsonw_object(&w);
        gb_jsonw_key_str(&w, GB_STR("entity"), o->entity);
        gb_jsonw_key_str(&w, GB_STR("key"), o->id);
        gb_jsonw_key_str(&w, GB_STR("source"), o->source);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

/* Adds a network to a list in order, once. */
static uint32_t add_network(struct gb_str *names, uint32_t count, struct gb_str name)
{
    uint32_t at = count;

    for (uint32_t i = 0; i < count; i++) {
        if (gb_str_eq(names[i], name)) {
            return count;
        }
    }
    for (; at > 0 && gb_str_cmp(names[at - 1], name) > 0; at--) {
        names[at] = names[at - 1];
    }
    names[at] = name;
    return count + 1;
}

struct gb_str gb_write_credits(struct gb_core *core, const struct gb_matter *matter)
{
    uint64_t sources = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];
        uint32_t source = gb_policy_source_index(core->policy, o->source);

        sources |= source < GB_SOURCES_MAX ? (uint64_t)1 << source : 0;
        sources |= gb_hat_sources(core, o->image.holder, o->image.occurred_at);
    }
    return gb_write_networks(core, sources);
}

struct gb_str gb_write_networks(struct gb_core *core, uint64_t sources)
{
    const struct gb_policy *policy = core->policy;
    struct gb_str names[GB_SOURCES_MAX];
    uint32_t count = 0;
    struct gb_jsonw w;

    for (uint32_t i = 0; i < policy->sources_count && i < GB_SOURCES_MAX; i++) {
        if ((sources & (uint64_t)1 << i) != 0) {
            count = add_network(names, count, policy->sources[i].network);
        }
    }
    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < count; i++) {
        gb_jsonw_str(&w, names[i]);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

struct gb_str gb_write_reporters(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_str last = GB_STR_NONE;
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        struct gb_str pseudonym = matter->reports[i]->image.pseudonym;

        if (gb_str_is(pseudonym) && !gb_str_eq(pseudonym, last)) {
            gb_jsonw_str(&w, pseudonym);
            last = pseudonym;
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

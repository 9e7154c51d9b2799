/* See the header. */
#include "core/fact.h"

#include "base/check.h"
#include "base/jsonw.h"
#include "base/pool.h"
#include "core/day.h"

#define VILLAGE_LEN 12U

enum gb_entity gb_entity_of(struct gb_str word)
{
    static const struct {
        const char *word;
        enum gb_entity entity;
    } words[] = {{"contact", GB_ENTITY_CONTACT},
                 {"grid", GB_ENTITY_GRID},
                 {"grid_post", GB_ENTITY_GRID_POST},
                 {"key_family", GB_ENTITY_KEY_FAMILY},
                 {"member", GB_ENTITY_MEMBER},
                 {"post", GB_ENTITY_ORG},
                 {"visit", GB_ENTITY_VISIT}};

    for (size_t i = 0; i < GB_COUNT(words); i++) {
        if (gb_str_eq(word, gb_str_of(words[i].word))) {
            return words[i].entity;
        }
    }
    return GB_ENTITY_OTHER;
}

struct gb_fact gb_fact_none(void)
{
    return (struct gb_fact){
#define X(name, otherwise) .name = (otherwise),
        GB_FACT_NUMBER_LIST(X)
#undef X
    };
}

/* A time that a row gives as ms, or as a day: its beginning, or (is_end) the end of that day. */
static int64_t time_of(const struct gb_value *fields, struct gb_str name, bool is_end,
                       int64_t otherwise)
{
    int64_t ms = gb_value_int(fields, name, otherwise);

    if (gb_day_ms(gb_value_str(fields, name), &ms) && is_end) {
        ms += GB_DAY_MS;
    }
    return ms;
}

/* The holder as the bundle knows it, by the newer key or, while keys overlap, by the older. */
static void read_holder(const struct gb_policy *policy, const struct gb_value *fields,
                        struct gb_fact *fact)
{
    struct gb_str id = gb_value_str(fields, GB_STR("holder"));
    struct gb_str was = gb_value_str(fields, GB_STR("holder_was"));
    const struct gb_holder *holder = gb_str_is(id) ? gb_policy_holder(policy, id) : NULL;

    if (holder == NULL && gb_str_is(was)) {
        holder = gb_policy_holder(policy, was);
    }
    fact->reporter = id;
    fact->holder = holder != NULL ? holder->holder : gb_str_is(was) ? was : id;
    fact->pseudonym = holder != NULL ? holder->pseudonym : GB_STR_NONE;
}

static struct gb_str village_of(struct gb_str code)
{
    return code.len >= VILLAGE_LEN ? (struct gb_str){code.ptr, VILLAGE_LEN} : GB_STR_NONE;
}

/* The role that the source's code means by the crosswalk: never guessed. "none" is no post of the
 * two networks: role stays absent. */
static bool read_role(const struct gb_policy *policy, const struct gb_record *rec,
                      struct gb_str code, struct gb_fact *fact)
{
    struct gb_str role = gb_policy_canonical(policy, rec->source, GB_STR("role"), code,
                                             fact->since != INT64_MIN ? fact->since : 0);

    if (!gb_str_is(role)) {
        return false;
    }
    fact->role = gb_str_eq(role, GB_STR("none")) ? GB_STR_NONE : role;
    return true;
}

static bool read_post(const struct gb_policy *policy, const struct gb_record *rec,
                      struct gb_fact *fact)
{
    const struct gb_value *f = &rec->fields;

    read_holder(policy, f, fact);
    fact->full_time = gb_value_get(f, GB_STR("full_time")) == NULL
                          ? -1
                          : gb_value_bool(f, GB_STR("full_time"), false);
    fact->grid = gb_value_str(f, GB_STR("grid"));
    fact->place = fact->grid;
    return read_role(policy, rec, gb_value_str(f, GB_STR("role")), fact);
}

static void read_family(const struct gb_policy *policy, const struct gb_record *rec,
                        struct gb_fact *fact)
{
    read_holder(policy, &rec->fields, fact);
    fact->grid = gb_value_str(&rec->fields, GB_STR("grid"));
    fact->place = rec->key;
    fact->role = gb_role_word(GB_ROLE_KEY_FAMILY);
    if (!gb_str_is(fact->grid)) {
        fact->village = village_of(rec->key);
    }
}

static void read_visit(const struct gb_value *f, struct gb_fact *fact)
{
    int64_t day;

    fact->date = gb_value_str(f, GB_STR("date"));
    fact->date = gb_day_ms(fact->date, &day) ? fact->date : GB_STR_NONE;
    fact->family = gb_value_str(f, GB_STR("family"));
    fact->grid = gb_value_str(f, GB_STR("grid"));
    fact->reporter = gb_value_str(f, GB_STR("holder"));
    fact->purpose = gb_value_str(f, GB_STR("purpose"));
    fact->begins = gb_day_clock(gb_value_str(f, GB_STR("begins")));
    fact->ends = gb_day_clock(gb_value_str(f, GB_STR("ends")));
    fact->households = gb_value_int(f, GB_STR("households"), -1);
    fact->reported = gb_value_int(f, GB_STR("reported"), -1);
    fact->solved = gb_value_int(f, GB_STR("solved"), -1);
    fact->visits = gb_value_int(f, GB_STR("count"), 0);
    fact->told_in = gb_str_is(fact->family) ? GB_TOLD_ROW
                    : gb_str_is(fact->grid) ? GB_TOLD_LOG
                                            : GB_TOLD_COUNTER;
    if (gb_str_is(fact->family)) {
        fact->village = village_of(fact->family);
    }
}

struct gb_str gb_fact_of(const struct gb_policy *policy, const struct gb_record *rec,
                         struct gb_fact *fact)
{
    const struct gb_value *f = &rec->fields;
    bool is_known = true;

    *fact = gb_fact_none();
    fact->since = time_of(f, GB_STR("since"), false, INT64_MIN);
    fact->until = time_of(f, GB_STR("until"), true, INT64_MAX);
    fact->village = gb_value_str(f, GB_STR("village"));
    switch (gb_entity_of(rec->entity)) {
    case GB_ENTITY_GRID_POST:
        is_known = read_post(policy, rec, fact);
        break;
    case GB_ENTITY_KEY_FAMILY:
        read_family(policy, rec, fact);
        break;
    case GB_ENTITY_ORG:
        fact->place = gb_value_str(f, GB_STR("code"));
        fact->village = village_of(fact->place);
        is_known = read_role(policy, rec, gb_value_str(f, GB_STR("kind")), fact);
        break;
    case GB_ENTITY_GRID:
        fact->grid = gb_value_str(f, GB_STR("code"));
        fact->households = gb_value_int(f, GB_STR("households"), -1);
        break;
    case GB_ENTITY_MEMBER:
        fact->reporter = gb_value_str(f, GB_STR("holder"));
        fact->family = gb_value_str(f, GB_STR("family"));
        fact->village = village_of(fact->family);
        break;
    case GB_ENTITY_CONTACT:
        fact->reporter = gb_value_str(f, GB_STR("holder"));
        fact->household = gb_value_str(f, GB_STR("household"));
        fact->home = gb_value_str(f, GB_STR("home"));
        fact->grid = gb_value_str(f, GB_STR("grid"));
        break;
    case GB_ENTITY_VISIT:
        read_visit(f, fact);
        break;
    case GB_ENTITY_OTHER:
        break;
    }
    if (!gb_str_is(fact->village)) {
        fact->village = village_of(fact->grid);
    }
    return is_known ? GB_STR_NONE : GB_STR("unknown_role");
}

const struct gb_fact gb_no_fact;

struct gb_fact *gb_fact_edit(const struct gb_fact *fact)
{
    GB_CHECK(fact != &gb_no_fact);
    return (struct gb_fact *)(uintptr_t)fact;
}

/* No padding: strings and numbers of eight bytes. */
static bool is_no_fact(const struct gb_fact *fact)
{
    return memcmp(fact, &gb_no_fact, sizeof(*fact)) == 0;
}

void gb_fact_set(struct gb_pool *pool, const struct gb_fact **at, const struct gb_fact *from)
{
    struct gb_fact *kept = NULL;

    if (!is_no_fact(from)) {
        kept = gb_pool_room(pool, sizeof(*kept));
        *kept = *from;
#define X(name) kept->name = gb_pool_str(pool, from->name);
        GB_FACT_LIST(X)
#undef X
    }
    if (*at != &gb_no_fact) {
        struct gb_fact *old = gb_fact_edit(*at);

#define X(name) gb_pool_give_str(pool, old->name);
        GB_FACT_LIST(X)
#undef X
        gb_pool_give(pool, old, sizeof(*old));
    }
    *at = kept != NULL ? kept : &gb_no_fact;
}

/* A member of a fact as it is written, in key order. */
struct piece {
    const char *name;
    struct gb_str text; /* absent: a number */
    int64_t number;
};

static int by_name(const struct piece *a, const struct piece *b)
{
    return strcmp(a->name, b->name);
}

static void add_piece(struct piece *pieces, size_t *count, struct piece piece)
{
    size_t at = (*count)++;

    for (; at > 0 && by_name(&pieces[at - 1], &piece) > 0; at--) {
        pieces[at] = pieces[at - 1];
    }
    pieces[at] = piece;
}

void gb_fact_render(struct gb_jsonw *w, const struct gb_fact *fact)
{
    struct piece pieces[sizeof(*fact) / sizeof(int64_t)]; /* more than members */
    size_t count = 0;

#define X(key)                                                                                     \
    if (gb_str_is(fact->key)) {                                                                    \
        add_piece(pieces, &count, (struct piece){#key, fact->key, 0});                             \
    }
    GB_FACT_LIST(X)
#undef X
#define X(key, otherwise)                                                                          \
    if (fact->key != (otherwise)) {                                                                \
        add_piece(pieces, &count, (struct piece){#key, GB_STR_NONE, fact->key});                   \
    }
    GB_FACT_NUMBER_LIST(X)
#undef X
    if (count == 0) {
        return;
    }
    gb_jsonw_key(w, GB_STR("fact"));
    gb_jsonw_object(w);
    for (size_t i = 0; i < count; i++) {
        if (gb_str_is(pieces[i].text)) {
            gb_jsonw_key_str(w, gb_str_of(pieces[i].name), pieces[i].text);
        } else {
            gb_jsonw_key_int(w, gb_str_of(pieces[i].name), pieces[i].number);
        }
    }
    gb_jsonw_end(w);
}

struct gb_fact gb_fact_read(const struct gb_value *object)
{
    return (struct gb_fact){
#define X(key) .key = gb_value_str(object, GB_STR(#key)),
        GB_FACT_LIST(X)
#undef X
#define X(key, otherwise) .key = gb_value_int(object, GB_STR(#key), (otherwise)),
            GB_FACT_NUMBER_LIST(X)
#undef X
    };
}

bool gb_fact_is_live(const struct gb_fact *fact, int64_t at)
{
    return fact->since <= at && at < fact->until;
}

/* A report of a test case becomes the intake record that its source would make of it. */
#include "codec/moment.h"
#include "codec/policy_test_build.h"

#define REPORTS_MAX 64U
#define FIELDS_MAX 16U
#define OCCURRED_MS INT64_C(1795996800000) /* 2026-11-30T00:00:00+08:00, where none is said */

static const char *const report_keys[] = {"source",  "category", "village", "grid",
                                          "at",      "key",      "urgency", "state",
                                          "holder",  "names",    "claims_lead", "fields", NULL};

struct report {
    struct gb_policy_case *c;
    const struct gb_yaml *node;
    struct gb_record *rec;
    struct gb_member *members;
    uint32_t count;
};

static struct gb_str text_of(const struct report *r, const char *key)
{
    const struct gb_yaml *node = gb_yaml_get(r->node, key);

    return node != NULL && node->type == GB_YAML_SCALAR ? node->text : GB_STR_NONE;
}

static void mistake(const struct report *r, const char *key, const char *text)
{
    const struct gb_yaml *node = gb_yaml_get(r->node, key);

    gb_yaml_mistake(&r->c->test->wrong, node != NULL ? node : r->node, "%s: %s", key, text);
}

static void set(struct report *r, const char *name, struct gb_value value)
{
    for (uint32_t i = 0; i < r->count; i++) {
        if (gb_str_eq(r->members[i].name, gb_str_of(name))) {
            return; /* what stands under fields goes before */
        }
    }
    r->members[r->count++] = (struct gb_member){gb_str_of(name), value};
}

static void set_text(struct report *r, const char *name, struct gb_str text)
{
    if (gb_str_is(text)) {
        set(r, name, (struct gb_value){.type = GB_STRING, .text = text});
    }
}

static void set_int(struct report *r, const char *name, int64_t number)
{
    set(r, name, (struct gb_value){.type = GB_INT, .number = number});
}

static bool take_fields(struct report *r)
{
    const struct gb_yaml *fields = gb_yaml_get(r->node, "fields");

    if (fields == NULL) {
        return true;
    }
    if (fields->type != GB_YAML_MAP || fields->count > FIELDS_MAX) {
        mistake(r, "fields", "must be a map of at most 16 values");
        return false;
    }
    for (uint32_t i = 0; i < fields->count; i++) {
        const struct gb_yaml *value = &fields->items[i];
        int64_t number = 0;
        struct gb_mistakes none = {0};
        bool is_number = value->is_plain &&
                         gb_yaml_int(&none, value, INT64_MIN, INT64_MAX, &number);

        gb_mistakes_close(&none);
        r->members[r->count++] = (struct gb_member){
            fields->keys[i].text,
            is_number ? (struct gb_value){.type = GB_INT, .number = number}
                      : (struct gb_value){.type = GB_STRING, .text = value->text}};
    }
    return true;
}

/* The source's own code of a canonical category. */
static bool take_category(struct report *r)
{
    const struct gb_policy *policy = r->c->policy;
    struct gb_str wanted = text_of(r, "category");

    for (uint32_t i = 0; i < policy->crosswalk_count && gb_str_is(wanted); i++) {
        const struct gb_crosswalk *row = &policy->crosswalk[i];

        if (gb_str_eq(row->source, r->rec->source) &&
            gb_str_eq(row->field, GB_STR("category")) && gb_str_eq(row->canonical, wanted)) {
            set_text(r, GB_FIELD_CATEGORY, row->code);
            return true;
        }
    }
    for (uint32_t i = 0; i < r->count; i++) {
        if (gb_str_eq(r->members[i].name, GB_STR(GB_FIELD_CATEGORY))) {
            return true; /* given as the source spells it */
        }
    }
    mistake(r, "category", "the source has no code for it in crosswalk.csv");
    return false;
}

/* The source's own code of a canonical state. */
static bool take_state(struct report *r)
{
    const struct gb_policy *policy = r->c->policy;
    struct gb_str word = text_of(r, "state");
    enum gb_state wanted = gb_str_is(word) ? gb_state_of(word) : GB_STATE_REPORTED;

    for (uint32_t i = 0; i < policy->states_count; i++) {
        const struct gb_state_row *row = &policy->states[i];

        if (gb_str_eq(row->source, r->rec->source) &&
            gb_str_eq(row->entity, GB_STR("matter")) && row->state == wanted) {
            set_text(r, GB_FIELD_STATE, row->code);
            return true;
        }
    }
    mistake(r, "state", "the source has no code for it in states.yaml");
    return false;
}

static bool take_place(struct report *r)
{
    struct gb_str grid = text_of(r, "grid");
    struct gb_str village = text_of(r, "village");

    if (gb_str_is(grid) && !gb_str_is(village)) {
        village = (struct gb_str){grid.ptr, grid.len < 15 ? 0 : 12};
    }
    for (uint32_t i = 0; i < r->c->policy->places_count && !gb_str_is(village); i++) {
        village = r->c->policy->places[i].len == 12 ? r->c->policy->places[i] : village;
    }
    if (village.len != 12) {
        mistake(r, "village", "needs 12 digits, or a grid of 15");
        return false;
    }
    r->rec->town = (struct gb_str){village.ptr, 9};
    set_text(r, GB_FIELD_VILLAGE, village);
    set_text(r, GB_FIELD_GRID, grid);
    return true;
}

static bool take_time(struct report *r)
{
    struct gb_str at = text_of(r, "at");
    int64_t ms = r->c->last_at > 0 ? r->c->last_at + 60000 : OCCURRED_MS;

    if (gb_str_is(at) && !gb_moment_parse(at, OCCURRED_MS, &ms)) {
        mistake(r, "at", "must be a day like 2026-11-23 or RFC 3339");
        return false;
    }
    if (ms <= 0) {
        mistake(r, "at", "must be after 1970");
        return false;
    }
    r->c->first_at = r->c->first_at == 0 || ms < r->c->first_at ? ms : r->c->first_at;
    r->c->last_at = ms > r->c->last_at ? ms : r->c->last_at;
    set_int(r, GB_FIELD_OCCURRED_AT, ms);
    return true;
}

static void take_evidence(struct report *r)
{
    struct gb_str names = text_of(r, "names");
    const char *slash = gb_str_is(names) ? memchr(names.ptr, '/', names.len) : NULL;
    bool claims = false;

    set_text(r, GB_FIELD_LEVEL, text_of(r, "urgency"));
    set_text(r, GB_FIELD_REPORTER, text_of(r, "holder"));
    if (slash != NULL) {
        size_t len = (size_t)(slash - names.ptr);

        set_text(r, GB_FIELD_XREF,
                 gb_arena_printf(r->c->arena, "%.*s/matter/%.*s", (int)len, names.ptr,
                                 (int)(names.len - len - 1), slash + 1));
    }
    if (gb_yaml_bool(&r->c->test->wrong, gb_yaml_get(r->node, "claims_lead"), &claims)) {
        set(r, GB_FIELD_CLAIMS_LEAD, (struct gb_value){.type = GB_BOOL, .truth = claims});
    }
}

static bool read_report(struct report *r, uint32_t number)
{
    uint32_t before = r->c->test->wrong.count;
    struct gb_str key = text_of(r, "key");

    if (!gb_yaml_is(&r->c->test->wrong, r->node, GB_YAML_MAP)) {
        return false;
    }
    gb_yaml_known(&r->c->test->wrong, r->node, report_keys);
    r->rec->source = text_of(r, "source");
    if (!gb_str_is(r->rec->source) || gb_policy_source(r->c->policy, r->rec->source) == NULL) {
        mistake(r, "source", "must be one of bundle.yaml");
        return false;
    }
    r->rec->key = gb_str_is(key) ? key : gb_arena_int(r->c->arena, number);
    r->rec->entity = GB_STR("matter");
    if (take_fields(r) && take_category(r) && take_state(r) && take_place(r) && take_time(r)) {
        take_evidence(r);
        r->rec->fields = (struct gb_value){
            .type = GB_OBJECT, .count = r->count, .members = r->members};
    }
    return r->c->test->wrong.count == before;
}

bool gb_policy_case_read(struct gb_policy_case *c)
{
    struct gb_mistakes *wrong = &c->test->wrong;
    const struct gb_yaml *list = gb_yaml_need(wrong, c->node, "reports", GB_YAML_LIST);

    if (list == NULL) {
        return false;
    }
    if (list->count == 0 || list->count > REPORTS_MAX) {
        gb_yaml_mistake(wrong, list, "a case has 1 to %u reports", REPORTS_MAX);
        return false;
    }
    c->records = gb_arena_take(c->arena, list->count * sizeof(c->records[0]));
    for (uint32_t i = 0; i < list->count; i++) {
        struct report r = {.c = c, .node = &list->items[i], .rec = &c->records[i]};

        r.members = gb_arena_take(c->arena, 2 * FIELDS_MAX * sizeof(r.members[0]));
        *r.rec = (struct gb_record){
            .kind = GB_KIND_OBSERVATION,
            .src = {GB_STR("dry"), GB_STR("dry"), 0, i, 0, 1},
            .op = GB_OP_PUT,
            .version = {.has_column = true, .column = (int64_t)i + 1},
            .h_img = gb_arena_int(c->arena, i)};
        if (!read_report(&r, i + 1)) {
            return false;
        }
    }
    c->records_count = list->count;
    return true;
}

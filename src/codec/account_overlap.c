/* An overlap in words: what was found, and why it is open or settled. */
#include "codec/account_build.h"
#include "core/said.h"

static struct gb_str text_at(const struct gb_value *object, const char *name)
{
    return gb_value_str(object, gb_str_of(name));
}

static uint32_t count_of(const struct gb_value *list)
{
    return list != NULL && list->type == GB_ARRAY ? list->count : 0;
}

/* Whose side it is; only those who claim the lead, or all. */
static struct gb_str sides(const struct gb_tell *tell, const struct gb_value *overlap,
                           bool is_claims_only)
{
    const struct gb_value *claims = gb_value_get(overlap, GB_STR("claims"));
    struct gb_tell_list list = {.tell = tell};
    struct gb_str last = GB_STR_NONE;

    for (uint32_t i = 0; i < count_of(claims); i++) {
        const struct gb_value *side = &claims->items[i];
        struct gb_str name = gb_tell_name(tell, "sources", text_at(side, "source"));

        if ((!is_claims_only || gb_value_bool(side, GB_STR("claims_lead"), false)) &&
            !gb_str_eq(name, last)) {
            gb_tell_list_add(&list, name);
            last = name;
        }
    }
    return gb_tell_list_end(&list);
}

static struct gb_str with(const struct gb_tell *tell, struct gb_str name, struct gb_str value)
{
    struct gb_str colon = tell->page->lang == GB_LANG_ZH ? GB_STR("：") : GB_STR(": ");

    return GB_JOIN(tell->page->arena, name, colon, value);
}

/* What each side says of its state. */
static struct gb_str states(const struct gb_tell *tell, const struct gb_value *overlap)
{
    const struct gb_value *claims = gb_value_get(overlap, GB_STR("claims"));
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t i = 0; i < count_of(claims); i++) {
        const struct gb_value *side = &claims->items[i];

        gb_tell_list_add(&list, with(tell,
                                     gb_tell_name(tell, "sources", text_at(side, "source")),
                                     gb_tell_name(tell, "states", text_at(side, "state"))));
    }
    return gb_tell_list_end(&list);
}

/* {field: [value, value]} of a field_conflict. */
static struct gb_str values(const struct gb_tell *tell, const struct gb_value *evidence)
{
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t f = 0; evidence != NULL && evidence->type == GB_OBJECT && f < evidence->count;
         f++) {
        const struct gb_member *m = &evidence->members[f];
        struct gb_buf all = {0};

        if (m->value.type != GB_ARRAY) {
            continue;
        }
        for (uint32_t i = 0; i < m->value.count; i++) {
            gb_buf_add_str(&all, i > 0 ? GB_STR(" / ") : GB_STR(""));
            gb_buf_add_str(&all, gb_tell_value(tell, m->name, m->value.items[i].text));
        }
        gb_tell_list_add(&list, with(tell, gb_tell_name(tell, "fields", m->name),
                                     gb_arena_str(tell->page->arena, gb_buf_str(&all))));
        gb_buf_close(&all);
    }
    return gb_tell_list_end(&list);
}

/* How often the bodies of a ping_pong have refused it. */
static struct gb_str returns(const struct gb_tell *tell, const struct gb_value *evidence)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < count_of(evidence); i++) {
        sum += gb_value_int(&evidence->items[i], GB_STR("returns"), 0);
    }
    return sum > 0 ? gb_tell_number(tell, sum) : GB_STR_NONE;
}

static struct gb_str basis_of(const struct gb_tell *tell, struct gb_str rule)
{
    const struct gb_duty *duty = gb_tell_duty(tell, rule);
    const struct gb_deadline *row = gb_tell_deadline(tell, rule);

    return duty != NULL  ? gb_tell_basis(tell, duty->basis_zh, duty->basis_en)
           : row != NULL ? gb_tell_basis(tell, row->basis_zh, row->basis_en)
                         : GB_STR_NONE;
}

/* The lead that the evidence names, else the matter's. */
static struct gb_str lead_of(const struct gb_tell *tell, const struct gb_value *evidence)
{
    const struct gb_value *lead = gb_value_get(tell->matter, GB_STR("lead"));

    if (gb_str_is(text_at(evidence, "role"))) {
        lead = evidence;
    }
    return gb_tell_post(tell, text_at(lead, "role"), text_at(lead, "unit"));
}

/* "grid_worker/320312111217001": a post, or "grid/..." and the like. Absent where it is about a
 * matter. */
static struct gb_str node_of(const struct gb_tell *tell, const struct gb_value *overlap)
{
    struct gb_str node = text_at(overlap, "node");
    const char *slash = gb_str_is(node) ? memchr(node.ptr, '/', node.len) : NULL;
    size_t len = slash != NULL ? (size_t)(slash - node.ptr) : 0;
    const struct gb_slot slots[] = {
        {"role", gb_tell_name(tell, "roles", (struct gb_str){node.ptr, len})},
        {"place", slash != NULL
                      ? gb_words_place(tell->page->words,
                                       (struct gb_str){slash + 1, node.len - len - 1})
                      : GB_STR_NONE},
        {NULL, GB_STR_NONE}};

    return slash != NULL ? gb_tell_text(tell, "messages", GB_STR("node"), slots) : node;
}

static struct gb_str cause_text(const struct gb_tell *tell, const struct gb_value *overlap,
                                enum gb_overlap_kind kind)
{
    const struct gb_value *evidence = gb_value_get(overlap, GB_STR("evidence"));
    bool is_open = gb_str_eq(text_at(overlap, "state"), GB_STR("open"));
    struct gb_str rule = text_at(overlap, "rule");
    struct gb_cause cause = gb_cause_of(kind, is_open, rule);
    int64_t limit = gb_value_int(evidence, GB_STR("limit"), 0);
    const struct gb_slot slots[] = {
        {"basis", basis_of(tell, rule)},
        {"category", gb_tell_category(tell, tell->query.category)},
        {"claims", sides(tell, overlap, true)},
        {"decision", text_at(overlap, "ruled_by")},
        {"handle_at",
         gb_tell_time(tell, gb_value_int(evidence, GB_STR("handle_at"), INT64_MIN))},
        {"lead", lead_of(tell, evidence)},
        {"limit", limit > 0 ? gb_tell_number(tell, limit) : GB_STR_NONE},
        {"node", node_of(tell, overlap)},
        {"place", gb_words_place(tell->page->words, tell->query.place)},
        {"returns", returns(tell, evidence)},
        {"rule", rule},
        {"sources", sides(tell, overlap, false)},
        {"states", states(tell, overlap)},
        {"values", values(tell, evidence)},
        {NULL, GB_STR_NONE}};
    const char *section =
        cause.kind == GB_OVERLAP_COUNT
            ? "overlaps/any"
            : GB_JOIN(tell->page->arena, GB_STR("overlaps/"), gb_overlap_word(cause.kind)).ptr;

    return gb_str_is(cause.word) ? gb_tell_text(tell, section, cause.word, slots) : rule;
}

void gb_tell_overlap(const struct gb_tell *tell, const struct gb_value *overlap)
{
    enum gb_overlap_kind kind = gb_overlap_of(text_at(overlap, "kind"));
    bool is_open = gb_str_eq(text_at(overlap, "state"), GB_STR("open"));
    const char *section =
        GB_JOIN(tell->page->arena, GB_STR("overlaps/"), text_at(overlap, "kind")).ptr;
    const struct gb_slot slots[] = {
        {"name", gb_tell_name(tell, section, GB_STR("name"))},
        {"state", gb_tell_text(tell, "messages",
                               is_open ? GB_STR("overlap_open") : GB_STR("overlap_settled"),
                               NULL)},
        {"text", kind < GB_OVERLAP_COUNT ? cause_text(tell, overlap, kind)
                                         : text_at(overlap, "rule")},
        {"opened_at",
         gb_tell_time(tell, gb_value_int(overlap, GB_STR("opened_at"), INT64_MIN))},
        {"id", text_at(overlap, "id")},
        {NULL, GB_STR_NONE}};

    gb_tell_message(tell, "overlap", slots);
}

void gb_account_overlap(const struct gb_account *account, const struct gb_value *overlap,
                        const struct gb_page *page)
{
    struct gb_tell tell;
    struct gb_slot slots[] = {{"overlap", text_at(overlap, "id")},
                              {"name", GB_STR_NONE},
                              {NULL, GB_STR_NONE}};

    gb_tell_begin(&tell, account, page);
    slots[1].text =
        gb_tell_name(&tell,
                     GB_JOIN(page->arena, GB_STR("overlaps/"), text_at(overlap, "kind")).ptr,
                     GB_STR("name"));
    (void)gb_words_say(page, "messages", GB_STR("title_overlap"), slots);
    gb_buf_add_str(page->out, GB_STR("\n\n"));
    gb_tell_overlap(&tell, overlap);
}

/* The steps of a matter in words, one line a change. */
#include "codec/account_build.h"

static struct gb_str text_at(const struct gb_value *object, const char *name)
{
    return gb_value_str(object, gb_str_of(name));
}

/* Names of what a change altered: what is new, and what is gone. */
static struct gb_str fields_of(const struct gb_tell *tell, const struct gb_value *after,
                               const struct gb_value *before)
{
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t i = 0; after != NULL && after->type == GB_OBJECT && i < after->count; i++) {
        gb_tell_list_add(&list,
                         gb_words_get(tell->page, "fields", after->members[i].name));
    }
    for (uint32_t i = 0; before != NULL && before->type == GB_OBJECT && i < before->count; i++) {
        if (gb_value_get(after, before->members[i].name) == NULL) {
            gb_tell_list_add(&list,
                             gb_words_get(tell->page, "fields", before->members[i].name));
        }
    }
    return gb_tell_list_end(&list);
}

static struct gb_str count_of(const struct gb_tell *tell, const struct gb_value *after)
{
    int64_t count = gb_value_int(after, GB_STR("urged"),
                                 gb_value_int(after, GB_STR("supervised"), 0));

    return count > 0 ? gb_tell_number(tell, count) : GB_STR_NONE;
}

/* "grid_leader:u1" */
static struct gb_str post_of(const struct gb_tell *tell, struct gb_str to)
{
    const char *colon = to.len > 0 ? memchr(to.ptr, ':', to.len) : NULL;
    size_t len = colon != NULL ? (size_t)(colon - to.ptr) : to.len;

    if (!gb_str_is(to)) {
        return to;
    }
    return gb_tell_post(tell, (struct gb_str){to.ptr, len},
                        colon != NULL ? (struct gb_str){colon + 1, to.len - len - 1}
                                      : GB_STR_NONE);
}

/* The name of a kind of overlap; absent where the change is about none. */
static struct gb_str kind_of(const struct gb_tell *tell, const struct gb_value *change)
{
    struct gb_str kind = text_at(change, "kind");

    return gb_str_is(kind)
               ? gb_tell_name(tell, GB_JOIN(tell->page->arena, GB_STR("overlaps/"), kind).ptr,
                              GB_STR("name"))
               : GB_STR_NONE;
}

static void tell_step(const struct gb_tell *tell, size_t number, const struct gb_value *change)
{
    const struct gb_value *why = gb_value_get(change, GB_STR("why"));
    const struct gb_value *after = gb_value_get(change, GB_STR("after"));
    const struct gb_value *lead = gb_value_get(after, GB_STR("lead"));
    const struct gb_value *actor = gb_value_get(after, GB_STR("actor"));
    struct gb_str rule = text_at(why, "rule");
    struct gb_str refused = text_at(after, "refused");
    const struct gb_slot slots[] = {
        {"fields", fields_of(tell, after, gb_value_get(change, GB_STR("before")))},
        {"lead", gb_tell_post(tell, text_at(lead, "role"), text_at(lead, "unit"))},
        {"limit", gb_words_get(tell->page, "limits",
                               text_at(gb_value_get(why, GB_STR("evidence")), "limit"))},
        {"link", gb_words_get(tell->page, "links", rule)},
        {"rule", rule},
        {"name", kind_of(tell, change)},
        {"decides", gb_tell_name(tell, "decisions", text_at(after, "decides"))},
        {"post", text_at(actor, "post")},
        {"to", post_of(tell, text_at(after, "to"))},
        {"refused", gb_tell_name(tell, "refusals", refused)},
        {"count", count_of(tell, after)},
        {NULL, GB_STR_NONE}};
    const struct gb_slot line[] = {
        {"number", gb_tell_number(tell, (int64_t)number)},
        {"time", gb_tell_time(tell, gb_value_int(change, GB_STR("clock"), INT64_MIN))},
        {"text", gb_tell_text(tell, "steps", text_at(change, "change"), slots)},
        {NULL, GB_STR_NONE}};

    gb_tell_message(tell, "step", line);
}

void gb_tell_steps(const struct gb_tell *tell)
{
    for (size_t i = 0; i < tell->account->changes_count; i++) {
        tell_step(tell, i + 1, &tell->account->changes[i]);
    }
}

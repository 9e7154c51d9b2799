/* Which rows of the duty list and which posts were considered, and why the others lost. */
#include "codec/account_build.h"

static struct gb_str lead_of(const struct gb_tell *tell, const struct gb_duty *duty)
{
    const struct gb_duty_part *lead = gb_duty_lead(duty);

    if (lead == NULL) {
        return gb_tell_text(tell, "messages", GB_STR("lead_nobody"), NULL);
    }
    if (lead->is_first) {
        return gb_tell_text(tell, "messages", GB_STR("lead_first"), NULL);
    }
    return gb_tell_post(tell, gb_role_word(lead->post.role), lead->post.unit);
}

/* Posts to which the row gives one kind of part. */
static struct gb_str posts_of(const struct gb_tell *tell, const struct gb_duty *duty,
                              enum gb_duty_kind kind)
{
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t i = 0; i < duty->parts_count; i++) {
        const struct gb_duty_part *part = &duty->parts[i];

        if (part->kind == kind && !part->is_first) {
            gb_tell_list_add(&list,
                             gb_tell_post(tell, gb_role_word(part->post.role), part->post.unit));
        }
    }
    return gb_tell_list_end(&list);
}

/* A person's decision goes before the row that would decide. */
static const char *word_of(const struct gb_tell *tell, enum gb_considered_as as)
{
    bool is_used = as == GB_CONSIDERED_DECIDES || as == GB_CONSIDERED_FALLBACK;

    return is_used && tell->is_overruled
               ? "row_overruled"
               : GB_JOIN(tell->page->arena, GB_STR("row_"), gb_considered_word(as)).ptr;
}

static void tell_row(const struct gb_tell *tell, const struct gb_considered *row)
{
    const struct gb_duty *duty = row->duty;
    bool is_over = row->as == GB_CONSIDERED_EXPIRED;
    bool has_day = is_over || row->as == GB_CONSIDERED_NOT_YET;
    const struct gb_slot slots[] = {
        {"rule", duty->id},
        {"item", duty->item},
        {"lead", lead_of(tell, duty)},
        {"used", tell->used != NULL ? tell->used->id : GB_STR_NONE},
        {"posts", posts_of(tell, duty, GB_DUTY_FORBIDDEN)},
        {"basis", gb_tell_basis(tell, duty->basis_zh, duty->basis_en)},
        {"day", has_day ? gb_tell_day(tell, is_over ? duty->valid_until : duty->valid_from)
                        : GB_STR_NONE},
        {NULL, GB_STR_NONE}};

    gb_tell_message(tell, word_of(tell, row->as), slots);
}

/* A row that does not apply considers nobody. */
static bool is_fit(const struct gb_considered *row)
{
    return row->as < GB_CONSIDERED_OTHER_FIRST || row->as == GB_CONSIDERED_FORBIDS ||
           row->as == GB_CONSIDERED_FALLBACK;
}

/* "D04 LEAD, N01 FORBIDDEN": what the rows would give the role. */
static struct gb_str parts_of(const struct gb_tell *tell, enum gb_role role)
{
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t r = 0; r < tell->rows_count; r++) {
        const struct gb_duty *duty = tell->rows[r].duty;

        for (uint32_t i = 0; is_fit(&tell->rows[r]) && i < duty->parts_count; i++) {
            const struct gb_duty_part *part = &duty->parts[i];

            if (part->post.role == role && !part->is_first) {
                gb_tell_list_add(
                    &list, GB_JOIN(tell->page->arena, duty->id, GB_STR(" "),
                                   gb_tell_name(tell, "duties", gb_duty_word(part->kind))));
            }
        }
    }
    return gb_tell_list_end(&list);
}

/* Whoever was reached first is considered wherever a row says so. */
static bool is_first_reached(const struct gb_tell *tell, enum gb_role role)
{
    const struct gb_value *first = gb_value_get(tell->matter, GB_STR("first_contact"));

    return gb_str_eq(gb_value_str(first, GB_STR("role")), gb_role_word(role));
}

static struct gb_str first_parts(const struct gb_tell *tell)
{
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t r = 0; r < tell->rows_count; r++) {
        const struct gb_duty_part *lead = gb_duty_lead(tell->rows[r].duty);

        if (lead != NULL && lead->is_first && is_fit(&tell->rows[r])) {
            gb_tell_list_add(&list, GB_JOIN(tell->page->arena, tell->rows[r].duty->id,
                                            GB_STR(" "),
                                            gb_tell_name(tell, "duties", GB_STR("LEAD"))));
        }
    }
    return gb_tell_list_end(&list);
}

static void tell_posts(const struct gb_tell *tell)
{
    struct gb_tell_list posts = {.tell = tell};
    struct gb_slot said[] = {{"posts", GB_STR_NONE}, {NULL, GB_STR_NONE}};

    for (int i = 0; i < GB_ROLE_COUNT; i++) {
        enum gb_role role = (enum gb_role)i;
        struct gb_tell_list as = {.tell = tell};
        struct gb_slot slots[] = {
            {"post", gb_tell_post(tell, gb_role_word(role), GB_STR_NONE)},
            {"as", GB_STR_NONE},
            {NULL, GB_STR_NONE}};

        gb_tell_list_add(&as, parts_of(tell, role));
        if (is_first_reached(tell, role)) {
            gb_tell_list_add(&as, first_parts(tell));
        }
        slots[1].text = gb_tell_list_end(&as);
        if (gb_str_is(slots[1].text)) {
            gb_tell_list_add(&posts, gb_tell_text(tell, "messages", GB_STR("post"), slots));
        }
    }
    said[0].text = gb_tell_list_end(&posts);
    if (gb_str_is(said[0].text)) {
        gb_tell_message(tell, "posts", said);
    }
}

void gb_tell_rows(const struct gb_tell *tell)
{
    gb_tell_head(tell, "head_rows");
    if (tell->is_overruled) {
        gb_tell_message(tell, "rows_decision", NULL);
    }
    if (tell->used == NULL) {
        gb_tell_message(tell, "rows_none", NULL);
    }
    for (uint32_t i = 0; i < tell->rows_count; i++) {
        tell_row(tell, &tell->rows[i]);
    }
    tell_posts(tell);
}

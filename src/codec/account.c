/* See the header. The bundle is asked again for what the published matter does not say: which rows
 * stood beside the one that decided. What was published is told as it was published. */
#include "codec/account_build.h"

static struct gb_str text_at(const struct gb_value *object, const char *name)
{
    return gb_value_str(object, gb_str_of(name));
}

static struct gb_str time_at(const struct gb_tell *tell, const struct gb_value *object,
                             const char *name)
{
    return gb_tell_time(tell, gb_value_int(object, gb_str_of(name), INT64_MIN));
}

static struct gb_str count_at(const struct gb_tell *tell, const struct gb_value *object,
                              const char *name)
{
    int64_t count = gb_value_int(object, gb_str_of(name), 0);

    return count > 0 ? gb_tell_number(tell, count) : GB_STR_NONE;
}

/* ---- what the list was asked ---- */

static uint32_t urgency_by(const struct gb_tell *tell, struct gb_str source, struct gb_str level)
{
    struct gb_str word = gb_policy_canonical(tell->account->policy, source, GB_STR("level"),
                                             level, tell->query.at);

    return gb_urgency_of(gb_str_is(word) ? word : level);
}

/* The published level is the winner's own word: that of the first source with authority which
 * reported; what its crosswalk makes of it is the urgency. */
static uint32_t urgency_of(const struct gb_tell *tell)
{
    const struct gb_value *refs = gb_value_get(tell->matter, GB_STR("refs"));
    const struct gb_authority *authority =
        gb_policy_authority(tell->account->policy, GB_STR("level"));
    struct gb_str level = text_at(tell->matter, "level");
    struct gb_str rule = text_at(gb_value_get(tell->matter, GB_STR("lead")), "rule");
    uint32_t first = GB_URGENCY_COUNT;

    for (uint32_t pass = 0; gb_str_is(level) && pass < 2; pass++) {
        uint32_t count = pass == 0 ? authority != NULL ? authority->sources_count : 0
                         : refs != NULL ? refs->count
                                        : 0;

        for (uint32_t i = 0; i < count; i++) {
            struct gb_str source = pass == 0 ? authority->sources[i]
                                             : text_at(&refs->items[i], "source");
            struct gb_duty_query query = tell->query;
            const struct gb_duty *duty;

            query.urgency = urgency_by(tell, source, level);
            duty = gb_policy_duty(tell->account->policy, &query);
            if (duty != NULL && gb_str_eq(duty->id, rule)) {
                return query.urgency;
            }
            first = first == GB_URGENCY_COUNT ? query.urgency : first;
        }
    }
    return first < GB_URGENCY_COUNT ? first : 0;
}

void gb_tell_begin(struct gb_tell *tell, const struct gb_account *account,
                   const struct gb_page *page)
{
    static const struct gb_value none = {.type = GB_NULL};
    const struct gb_value *first;
    struct gb_str grid;

    *tell = (struct gb_tell){.account = account, .page = page,
                             .matter = account->matter != NULL ? account->matter : &none};
    tell->is_overruled =
        gb_str_is(text_at(gb_value_get(tell->matter, GB_STR("lead")), "decision"));
    first = gb_value_get(tell->matter, GB_STR("first_contact"));
    grid = text_at(tell->matter, "grid");
    tell->query = (struct gb_duty_query){
        .category = text_at(tell->matter, "category"),
        .place = gb_str_is(grid) ? grid : text_at(tell->matter, "village"),
        .source = gb_policy_source_index(account->policy, text_at(first, "source")),
        .at = gb_value_int(tell->matter, GB_STR("occurred_at"), 0)};
    if (!gb_str_is(tell->query.category)) {
        return;
    }
    tell->query.urgency = urgency_of(tell);
    tell->rows_count =
        gb_consider(account->policy, &tell->query, tell->rows, GB_TELL_ROWS_MAX);
    tell->used = tell->rows_count > 0 && (tell->rows[0].as == GB_CONSIDERED_DECIDES ||
                                          tell->rows[0].as == GB_CONSIDERED_FALLBACK)
                     ? tell->rows[0].duty
                     : NULL;
}

/* ---- sections ---- */

static void tell_matter(const struct gb_tell *tell)
{
    const struct gb_value *m = tell->matter;
    char digit[2] = {(char)('0' + (int)tell->query.urgency), '\0'};
    struct gb_str place = tell->query.place;
    const struct gb_slot slots[] = {
        {"occurred_at", time_at(tell, m, "occurred_at")},
        {"place", gb_words_place(tell->page->words, place)},
        {"place_code", place},
        {"category", gb_tell_category(tell, tell->query.category)},
        {"category_code", tell->query.category},
        {"level", text_at(m, "level")},
        {"urgency", gb_words_get(tell->page, "urgencies", gb_str_of(digit))},
        {"state", gb_tell_name(tell, "states", text_at(m, "state"))},
        {"title", text_at(m, "title")},
        {NULL, GB_STR_NONE}};

    gb_tell_head(tell, "head_matter");
    gb_tell_message(tell, "matter", slots);
    if (gb_str_is(text_at(m, "title"))) {
        gb_tell_message(tell, "titled", slots);
    }
}

static struct gb_str posts_at(const struct gb_tell *tell, const char *name)
{
    const struct gb_value *roles = gb_value_get(tell->matter, gb_str_of(name));
    struct gb_tell_list list = {.tell = tell};

    for (uint32_t i = 0; roles != NULL && roles->type == GB_ARRAY && i < roles->count; i++) {
        gb_tell_list_add(&list, gb_tell_post(tell, roles->items[i].text, GB_STR_NONE));
    }
    return gb_tell_list_end(&list);
}

/* Nobody leads: because no row is there, because the row names nobody, or because the one who
 * would lead may not. */
static void tell_nobody(const struct gb_tell *tell, const struct gb_slot *slots)
{
    const struct gb_value *overlap = NULL;
    const struct gb_duty *row;
    struct gb_slot forbidden[] = {{"rule", GB_STR_NONE}, {"basis", GB_STR_NONE},
                                  {NULL, GB_STR_NONE}};

    for (size_t i = 0; i < tell->account->overlaps_count; i++) {
        if (gb_str_eq(text_at(&tell->account->overlaps[i], "kind"), GB_STR("no_owner")) &&
            gb_str_eq(text_at(&tell->account->overlaps[i], "state"), GB_STR("open"))) {
            overlap = &tell->account->overlaps[i];
        }
    }
    row = gb_tell_duty(tell, text_at(overlap, "rule"));
    if (row != NULL && row != tell->used) {
        forbidden[0].text = row->id;
        forbidden[1].text = gb_tell_basis(tell, row->basis_zh, row->basis_en);
        gb_tell_message(tell, "nobody_forbidden", forbidden);
    } else {
        gb_tell_message(tell, tell->used != NULL ? "nobody_row" : "nobody_unlisted", slots);
    }
}

static void tell_lead(const struct gb_tell *tell)
{
    const struct gb_value *lead = gb_value_get(tell->matter, GB_STR("lead"));
    const struct gb_value *basis = gb_value_get(lead, GB_STR("basis"));
    struct gb_str handed = text_at(lead, "handed_over");
    const struct gb_duty *used = tell->used;
    bool is_list = !tell->is_overruled;
    struct gb_str rule = lead != NULL && lead->type == GB_OBJECT ? text_at(lead, "rule")
                         : used != NULL                          ? used->id
                                                                 : GB_STR_NONE;
    const struct gb_slot slots[] = {
        {"lead", gb_tell_post(tell, text_at(lead, "role"), text_at(lead, "unit"))},
        {"rule", rule},
        {"item", used != NULL && is_list ? used->item : GB_STR_NONE},
        {"basis", lead == NULL && used != NULL
                      ? gb_tell_basis(tell, used->basis_zh, used->basis_en)
                      : gb_tell_basis(tell, text_at(basis, "zh"), text_at(basis, "en"))},
        {"decision", text_at(lead, "decision")},
        {"category", gb_tell_category(tell, tell->query.category)},
        {"why", is_list ? gb_words_get(tell->page, "rules", rule) : GB_STR_NONE},
        {NULL, GB_STR_NONE}};

    if (lead == NULL || lead->type != GB_OBJECT) {
        tell_nobody(tell, slots);
    } else {
        gb_tell_message(tell,
                        !is_list                                      ? "lead_decision"
                        : gb_str_eq(handed, GB_STR("failures"))     ? "lead_failures"
                        : gb_str_eq(handed, GB_STR("working_days")) ? "lead_days"
                                                                    : "lead_row",
                        slots);
    }
    if (gb_str_is(slots[6].text)) {
        gb_tell_message(tell, "why", slots);
    }
}

static void tell_decision(const struct gb_tell *tell)
{
    const struct gb_value *first = gb_value_get(tell->matter, GB_STR("first_contact"));
    const struct gb_slot assists[] = {{"posts", posts_at(tell, "assists")}, {NULL, GB_STR_NONE}};
    const struct gb_slot informs[] = {{"posts", posts_at(tell, "informs")}, {NULL, GB_STR_NONE}};
    const struct gb_slot contact[] = {
        {"post", gb_tell_post(tell, text_at(first, "role"), GB_STR_NONE)},
        {"source", gb_tell_name(tell, "sources", text_at(first, "source"))},
        {NULL, GB_STR_NONE}};

    gb_tell_head(tell, "head_decision");
    tell_lead(tell);
    if (gb_str_is(assists[0].text)) {
        gb_tell_message(tell, "assists", assists);
    }
    if (gb_str_is(informs[0].text)) {
        gb_tell_message(tell, "informs", informs);
    }
    if (first != NULL) {
        gb_tell_message(tell, "first_contact", contact);
    }
}

static void tell_law(const struct gb_tell *tell)
{
    const struct gb_slot slots[] = {
        {"occurred_at", time_at(tell, tell->matter, "occurred_at")},
        {"bundle", text_at(tell->matter, "policy")},
        {"rule", tell->used != NULL && !tell->is_overruled ? tell->used->id : GB_STR_NONE},
        {NULL, GB_STR_NONE}};

    gb_tell_head(tell, "head_law");
    gb_tell_message(tell, "law", slots);
}

/* Why a value does not stand: the summary state follows the body that has come least far
 * (gb_fold_winner), every other field its order of authority, else the elder report. */
static const char *why_lost(const struct gb_tell *tell, struct gb_str field,
                            struct gb_str value, struct gb_str kept)
{
    if (gb_str_eq(field, GB_STR("state"))) {
        enum gb_state a = gb_state_of(value);
        enum gb_state b = gb_state_of(kept);

        if (a < GB_STATE_COUNT && b < GB_STATE_COUNT &&
            gb_state_extent(a) != gb_state_extent(b)) {
            return "loser_state";
        }
    }
    return gb_policy_authority(tell->account->policy, field) != NULL ? "loser_authority"
                                                                     : "loser_elder";
}

static void tell_field_losers(const struct gb_tell *tell, const struct gb_member *losers)
{
    const struct gb_value *kept = gb_value_get(tell->matter, losers->name);
    struct gb_str kept_text = kept == NULL               ? GB_STR_NONE
                              : kept->type == GB_STRING ? kept->text
                                                        : gb_tell_number(tell, kept->number);
    uint32_t count = losers->value.type == GB_ARRAY ? losers->value.count : 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct gb_value *loser = &losers->value.items[i];
        struct gb_str value = text_at(loser, "value");
        const struct gb_slot slots[] = {
            {"field", gb_tell_name(tell, "fields", losers->name)},
            {"source", gb_tell_name(tell, "sources", text_at(loser, "source"))},
            {"value", gb_tell_value(tell, losers->name, value)},
            {"kept", gb_tell_value(tell, losers->name, kept_text)},
            {NULL, GB_STR_NONE}};

        gb_tell_message(tell, why_lost(tell, losers->name, value, kept_text), slots);
    }
}

/* Whether a body's claim to lead was upheld: whoever's network leads. */
static const char *claim_word(const struct gb_tell *tell, const struct gb_value *body)
{
    const struct gb_value *lead = gb_value_get(tell->matter, GB_STR("lead"));
    const struct gb_source_row *row =
        gb_policy_source(tell->account->policy, text_at(body, "source"));

    if (!gb_value_bool(body, GB_STR("claims_lead"), false)) {
        return "body";
    }
    if (lead == NULL || lead->type != GB_OBJECT) {
        return "body_claims";
    }
    return row != NULL && gb_str_is(row->network) &&
                   gb_str_eq(row->network, text_at(lead, "network"))
               ? "body_upheld"
               : "body_lost";
}

static void tell_claims(const struct gb_tell *tell)
{
    const struct gb_value *refs = gb_value_get(tell->matter, GB_STR("refs"));
    const struct gb_value *bodies = gb_value_get(tell->matter, GB_STR("bodies"));
    const struct gb_value *lead = gb_value_get(tell->matter, GB_STR("lead"));
    const struct gb_value *losers = tell->account->losers;

    gb_tell_head(tell, "head_claims");
    for (uint32_t i = 0; refs != NULL && bodies != NULL && i < refs->count && i < bodies->count;
         i++) {
        const struct gb_value *body = &bodies->items[i];
        const struct gb_slot slots[] = {
            {"source", gb_tell_name(tell, "sources", text_at(body, "source"))},
            {"key", text_at(&refs->items[i], "key")},
            {"state", gb_tell_name(tell, "states", text_at(body, "state"))},
            {"returns", count_at(tell, body, "returns")},
            {"rule", tell->is_overruled ? GB_STR_NONE : text_at(lead, "rule")},
            {"lead", gb_tell_post(tell, text_at(lead, "role"), text_at(lead, "unit"))},
            {NULL, GB_STR_NONE}};

        gb_tell_message(tell, claim_word(tell, body), slots);
    }
    for (uint32_t f = 0; losers != NULL && losers->type == GB_OBJECT && f < losers->count; f++) {
        tell_field_losers(tell, &losers->members[f]);
    }
}

static void tell_limits(const struct gb_tell *tell)
{
    const struct gb_value *due = gb_value_get(tell->matter, GB_STR("due"));
    const struct gb_deadline *row = gb_tell_deadline(tell, text_at(due, "rule"));
    const struct gb_slot slots[] = {
        {"rule", row != NULL ? row->id : GB_STR_NONE},
        {"basis", row != NULL ? gb_tell_basis(tell, row->basis_zh, row->basis_en) : GB_STR_NONE},
        {"accept_at", time_at(tell, due, "accept_at")},
        {"remind_at", time_at(tell, due, "remind_at")},
        {"handle_at", time_at(tell, due, "handle_at")},
        {"supervise_at", time_at(tell, due, "supervise_at")},
        {"hand_over_at", time_at(tell, due, "hand_over_at")},
        {"until", time_at(tell, due, "extended_until")},
        {"count", count_at(tell, due, "extensions")},
        {NULL, GB_STR_NONE}};
    const struct gb_slot urged[] = {{"count", count_at(tell, tell->matter, "urged")},
                                    {NULL, GB_STR_NONE}};
    const struct gb_slot supervised[] = {{"count", count_at(tell, tell->matter, "supervised")},
                                         {NULL, GB_STR_NONE}};

    gb_tell_head(tell, "head_limits");
    gb_tell_message(tell, row != NULL ? "limit" : "limits_none", slots);
    if (gb_str_is(slots[8].text)) {
        gb_tell_message(tell, "limit_extended", slots);
    }
    if (gb_str_is(urged[0].text)) {
        gb_tell_message(tell, "urged", urged);
    }
    if (gb_str_is(supervised[0].text)) {
        gb_tell_message(tell, "supervised", supervised);
    }
}

static void tell_writebacks(const struct gb_tell *tell)
{
    const struct gb_value *list = gb_value_get(tell->matter, GB_STR("writebacks"));

    if (list == NULL || list->type != GB_ARRAY || list->count == 0) {
        return;
    }
    gb_tell_head(tell, "head_writebacks");
    for (uint32_t i = 0; i < list->count; i++) {
        const struct gb_value *item = &list->items[i];
        const struct gb_slot slots[] = {
            {"source", gb_tell_name(tell, "sources", text_at(item, "source"))},
            {"action", gb_tell_name(tell, "writebacks", text_at(item, "action"))},
            {"state", gb_tell_name(tell, "writebacks", text_at(item, "state"))},
            {"key", text_at(item, "key")},
            {"reason", text_at(item, "reason")},
            {NULL, GB_STR_NONE}};

        gb_tell_message(tell, "writeback", slots);
    }
}

static void tell_title(const struct gb_tell *tell)
{
    const struct gb_slot slots[] = {{"matter", text_at(tell->matter, "id")},
                                    {NULL, GB_STR_NONE}};

    (void)gb_words_say(tell->page, "messages",
                       tell->account->is_dry ? GB_STR("title_dry") : GB_STR("title"), slots);
    gb_buf_add_char(tell->page->out, '\n');
}

static void tell_gone(const struct gb_tell *tell)
{
    const struct gb_slot slots[] = {{"other", text_at(tell->matter, "redirect_to")},
                                    {NULL, GB_STR_NONE}};

    gb_tell_head(tell, "head_matter");
    gb_tell_message(tell, gb_str_is(slots[0].text) ? "redirected" : "gone", slots);
}

void gb_account_matter(const struct gb_account *account, const struct gb_page *page)
{
    struct gb_tell tell;

    gb_tell_begin(&tell, account, page);
    tell_title(&tell);
    if (gb_str_is(tell.query.category)) {
        tell_matter(&tell);
        tell_decision(&tell);
        tell_law(&tell);
        gb_tell_rows(&tell);
        tell_claims(&tell);
        tell_limits(&tell);
        tell_writebacks(&tell);
    } else {
        tell_gone(&tell);
    }
    if (account->overlaps_count > 0) {
        gb_tell_head(&tell, "head_overlaps");
    }
    for (size_t i = 0; i < account->overlaps_count; i++) {
        gb_tell_overlap(&tell, &account->overlaps[i]);
    }
    if (account->changes_count > 0) {
        gb_tell_head(&tell, "head_steps");
        gb_tell_steps(&tell);
    }
}

void gb_account_dead(const struct gb_account_dead *dead, const struct gb_page *page)
{
    struct gb_str reason = gb_words_get(page, "reasons", dead->reason);
    struct gb_str source = gb_words_get(page, "sources", dead->source);
    const struct gb_slot slots[] = {{"source", gb_str_is(source) ? source : dead->source},
                                    {"key", dead->key},
                                    {"reason", gb_str_is(reason) ? reason : dead->reason},
                                    {"detail", dead->detail},
                                    {NULL, GB_STR_NONE}};

    (void)gb_words_say(page, "messages", GB_STR("title_dry"), NULL);
    gb_buf_add_str(page->out, GB_STR("\n  "));
    (void)gb_words_say(page, "messages",
                       gb_str_is(dead->reason) ? GB_STR("dead") : GB_STR("nothing"), slots);
    gb_buf_add_char(page->out, '\n');
}

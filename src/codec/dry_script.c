/* See the header. The reader is that of a bundle's test cases: a short report means the same in
 * both. */
#include "codec/dry_script.h"

#include "codec/policy_test_build.h"

/* {reports: node}, standing where node stands. */
static struct gb_yaml wrapped(struct gb_arena *arena, const struct gb_yaml *node)
{
    struct gb_yaml *key = gb_arena_take(arena, sizeof(*key));
    struct gb_yaml *list = gb_arena_take(arena, sizeof(*list));
    struct gb_yaml map = *node;

    *key = *node;
    *list = *node;
    key->type = GB_YAML_SCALAR;
    key->text = GB_STR("reports");
    if (node->type == GB_YAML_MAP) {
        list->type = GB_YAML_LIST;
        list->count = 1;
        list->items = node;
    }
    map.type = GB_YAML_MAP;
    map.count = 1;
    map.keys = key;
    map.items = list;
    return map;
}

bool gb_dry_script_read(const struct gb_policy *policy, struct gb_arena *arena,
                        const struct gb_file *file, struct gb_dry_script *script,
                        struct gb_mistakes *mistakes)
{
    static const char *const known[] = {"reports", "after", NULL};
    struct gb_policy_test test = {.wrong = *mistakes};
    struct gb_yaml *root = gb_arena_take(arena, sizeof(*root));
    struct gb_policy_case c = {.policy = policy, .test = &test, .arena = arena, .node = root};
    uint32_t before = mistakes->count;
    bool is_read;

    *script = (struct gb_dry_script){.count = 0};
    is_read = gb_yaml_parse(arena, file->name, file->bytes, root, &test.wrong);
    if (is_read && root->type != GB_YAML_SCALAR) {
        if (root->type == GB_YAML_LIST || gb_yaml_get(root, "source") != NULL) {
            struct gb_yaml *node = gb_arena_take(arena, sizeof(*node));

            *node = *root;
            *root = wrapped(arena, node);
        } else {
            gb_yaml_known(&test.wrong, root, known);
            (void)gb_yaml_duration(&test.wrong, gb_yaml_get(root, "after"), &script->after);
        }
    }
    is_read = is_read && gb_yaml_is(&test.wrong, root, GB_YAML_MAP) && gb_policy_case_read(&c);
    *mistakes = test.wrong;
    script->records = c.records;
    script->count = c.records_count;
    script->first_at = c.first_at;
    script->last_at = c.last_at;
    return is_read && mistakes->count == before;
}

void gb_dry_script_of(struct gb_record *records, uint32_t count, struct gb_dry_script *script)
{
    *script = (struct gb_dry_script){.records = records, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        int64_t at = gb_value_int(&records[i].fields, GB_STR(GB_FIELD_OCCURRED_AT), 0);

        if (at > 0) {
            script->first_at =
                script->first_at == 0 || at < script->first_at ? at : script->first_at;
            script->last_at = at > script->last_at ? at : script->last_at;
        }
    }
    script->first_at = script->first_at > 0 ? script->first_at : 1;
}

/* Why the record made no report: what the door said, else the core. */
static struct gb_account_dead dead_of(const struct gb_dry *dry, const struct gb_record *rec,
                                      enum gb_outcome outcome)
{
    struct gb_account_dead dead = {.source = rec->source, .key = rec->key};

    if (outcome == GB_OUT_DEAD) {
        dead.reason = dry->dead;
        dead.detail = dry->dead_detail;
    } else if (outcome == GB_OUT_REFUSED) {
        dead.reason = GB_STR("refused");
        dead.detail = rec->reason;
    }
    return dead;
}

void gb_dry_script_run(const struct gb_policy *policy, struct gb_dry_script *script,
                       struct gb_dry *dry)
{
    gb_dry_begin(dry, policy, script->first_at);
    script->dead =
        gb_arena_take(&dry->arena, (script->count + 1) * sizeof(script->dead[0]));
    for (uint32_t i = 0; i < script->count; i++) {
        enum gb_outcome outcome = gb_dry_step(dry, &script->records[i]);

        script->dead[i] = dead_of(dry, &script->records[i], outcome);
    }
    gb_dry_tick(dry, script->last_at + script->after);
}

/* True if an earlier record of the script is part of the same matter. */
static bool is_told(const struct gb_dry_script *script, const struct gb_dry *dry, uint32_t n,
                    const struct gb_value *matter)
{
    for (uint32_t i = 0; i < n; i++) {
        if (gb_dry_matter_of(dry, script->records[i].source, script->records[i].key) == matter) {
            return true;
        }
    }
    return false;
}

void gb_dry_script_tell(const struct gb_dry_script *script, struct gb_dry *dry,
                        const struct gb_page *page)
{
    for (uint32_t i = 0; i < script->count; i++) {
        const struct gb_record *rec = &script->records[i];
        const struct gb_value *matter = gb_dry_matter_of(dry, rec->source, rec->key);
        struct gb_account account;

        if (gb_str_is(script->dead[i].reason) || matter == NULL) {
            gb_account_dead(&script->dead[i], page);
        } else if (!is_told(script, dry, i, matter)) {
            gb_dry_account(dry, gb_value_str(matter, GB_STR("id")), &account);
            gb_account_matter(&account, page);
        } else {
            continue;
        }
        gb_buf_add_char(page->out, '\n');
    }
}

/* True if the change is about the matter, one of its overlaps, a decision on it, or a decision that
 * undoes or confirms one that was told already. */
static bool is_about(const struct gb_account *account, const struct gb_value *change,
                     struct gb_str id)
{
    const struct gb_value *after = gb_value_get(change, GB_STR("after"));
    const struct gb_value *targets = gb_value_get(after, GB_STR("targets"));
    struct gb_str names = gb_value_str(after, GB_STR("names"));

    for (size_t i = 0; gb_str_is(names) && i < account->changes_count; i++) {
        if (gb_str_eq(gb_value_str(&account->changes[i], GB_STR("decision")), names)) {
            return true;
        }
    }

    for (uint32_t i = 0; targets != NULL && targets->type == GB_ARRAY && i < targets->count;
         i++) {
        if (gb_str_eq(gb_value_str(&targets->items[i], GB_STR("matter")), id)) {
            return true;
        }
    }
    return gb_str_eq(gb_value_str(change, GB_STR("matter")), id);
}

void gb_dry_account(struct gb_dry *dry, struct gb_str id, struct gb_account *account)
{
    struct gb_value *overlaps =
        gb_arena_take(&dry->arena, (dry->overlaps_count + 1) * sizeof(*overlaps));
    struct gb_value *changes =
        gb_arena_take(&dry->arena, (dry->changes_count + 1) * sizeof(*changes));

    *account = (struct gb_account){.policy = dry->policy, .overlaps = overlaps,
                                   .changes = changes, .is_dry = true};
    gb_dry_flush(dry);
    for (uint32_t i = 0; i < dry->matters_count; i++) {
        if (gb_str_eq(dry->matters[i].key, id) && dry->matters[i].value.type == GB_OBJECT) {
            account->matter = &dry->matters[i].value;
        }
    }
    for (uint32_t i = 0; i < dry->losers_count; i++) {
        if (gb_str_eq(dry->losers[i].key, id)) {
            account->losers = &dry->losers[i].value;
        }
    }
    for (uint32_t i = 0; i < dry->overlaps_count; i++) {
        if (gb_str_eq(gb_value_str(&dry->overlaps[i].value, GB_STR("matter")), id)) {
            overlaps[account->overlaps_count++] = dry->overlaps[i].value;
        }
    }
    for (uint32_t i = 0; i < dry->changes_count; i++) {
        if (is_about(account, &dry->changes[i], id)) {
            changes[account->changes_count++] = dry->changes[i];
        }
    }
}

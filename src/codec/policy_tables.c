/* The CSV files of a bundle: territory, crosswalk, holders, units. */
#include <stdlib.h>

#include "codec/policy_build.h"

#define CODE_LEN_MAX 18U

static int by_str(const void *a, const void *b)
{
    return gb_str_cmp(*(const struct gb_str *)a, *(const struct gb_str *)b);
}

static bool is_digits(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

static void check_place(struct gb_policy_build *b, const struct gb_csv *csv, uint32_t row,
                        const struct gb_map *codes)
{
    static const char *const levels[] = {"province", "city",    "county", "town",
                                         "village",  "grid",    NULL};
    const struct gb_yaml *code = gb_csv_cell(csv, row, 0);
    const struct gb_yaml *parent = gb_csv_cell(csv, row, 3);

    (void)gb_policy_word(b, gb_csv_cell(csv, row, 2), "level", levels);
    if (parent->text.len == 0) {
        return;
    }
    if (gb_map_get(codes, parent->text) == NULL) {
        gb_yaml_mistake(b->mistakes, parent, "parent \"%.*s\" has no row",
                        GB_STR_ARG(parent->text));
    } else if (parent->text.len >= code->text.len ||
               memcmp(parent->text.ptr, code->text.ptr, parent->text.len) != 0) {
        gb_yaml_mistake(b->mistakes, parent, "a code begins with its parent's code");
    }
}

static void read_territory(struct gb_policy_build *b)
{
    static const char *const columns[] = {"code", "name", "level", "parent", NULL};
    struct gb_csv csv = {0};
    struct gb_map codes = {0};
    struct gb_str *places;

    if (!gb_policy_csv(b, "territory.csv", columns, &csv)) {
        return;
    }
    places = gb_arena_take(b->arena, (csv.rows_count + 1) * sizeof(*places));
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        const struct gb_yaml *code = gb_csv_cell(&csv, i, 0);

        if (!is_digits(code->text) || code->text.len > CODE_LEN_MAX) {
            gb_yaml_mistake(b->mistakes, code, "a code is 1 to %u digits", CODE_LEN_MAX);
        }
        (void)gb_policy_is_new(b, &codes, code, code->text);
        places[i] = code->text;
    }
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        check_place(b, &csv, i, &codes);
    }
    gb_map_close(&codes);
    qsort(places, csv.rows_count, sizeof(*places), by_str);
    b->policy.places = places;
    b->policy.places_count = csv.rows_count;
}

/* A crosswalk row and where it stands, for messages after sorting. */
struct crossing {
    struct gb_crosswalk row;
    const struct gb_yaml *at;
};

static int order_of_codes(const struct gb_crosswalk *x, const struct gb_crosswalk *y)
{
    int order = gb_str_cmp(x->source, y->source);

    order = order != 0 ? order : gb_str_cmp(x->field, y->field);
    return order != 0 ? order : gb_str_cmp(x->code, y->code);
}

static int by_crossing(const void *a, const void *b)
{
    const struct crossing *x = a;
    const struct crossing *y = b;
    int order = order_of_codes(&x->row, &y->row);

    if (order == 0 && x->row.valid_from != y->row.valid_from) {
        order = x->row.valid_from < y->row.valid_from ? -1 : 1;
    }
    return order != 0 ? order : (x->at->line > y->at->line) - (x->at->line < y->at->line);
}

static void read_crossing(struct gb_policy_build *b, const struct gb_csv *csv, uint32_t i,
                          struct crossing *crossing)
{
    static const char *const fields[] = {"category", "level", "role", "channel", NULL};
    static const char *const levels[] = {"normal", "urgent", "critical", NULL};
    static const char *const channels[] = {"citizen", "staff", NULL};
    static const char *const roles[] = {
#define X(name, word) word,
        GB_ROLE_LIST(X)
#undef X
        "none", NULL};
    const struct gb_yaml *field = gb_csv_cell(csv, i, 1);
    const struct gb_yaml *code = gb_csv_cell(csv, i, 2);
    const struct gb_yaml *canonical = gb_csv_cell(csv, i, 3);
    struct gb_crosswalk *row = &crossing->row;
    bool is_level = gb_str_eq(field->text, GB_STR("level"));
    bool is_channel = gb_str_eq(field->text, GB_STR("channel"));
    bool is_role = gb_str_eq(field->text, GB_STR("role"));

    crossing->at = code;
    *row = (struct gb_crosswalk){.source = gb_csv_cell(csv, i, 0)->text, .field = field->text,
                                 .code = code->text, .canonical = canonical->text};
    (void)gb_policy_word(b, gb_csv_cell(csv, i, 0), "source", (const char *const *)b->sources);
    if (gb_policy_word(b, field, "field", fields)) {
        (void)gb_policy_word(b, canonical, field->text.ptr,
                             is_level  ? levels
                             : is_role ? roles
                             : is_channel ? channels
                                       : (const char *const *)b->categories);
    }
    if (code->text.len == 0) {
        gb_yaml_mistake(b->mistakes, code, "the code is empty");
    }
    if (gb_policy_day(b, gb_csv_cell(csv, i, 4), INT64_MIN, &row->valid_from) &&
        gb_policy_day(b, gb_csv_cell(csv, i, 5), INT64_MAX, &row->valid_until) &&
        row->valid_from >= row->valid_until) {
        gb_yaml_mistake(b->mistakes, gb_csv_cell(csv, i, 5), "valid_until is not after valid_from");
    }
}

static void read_crosswalk(struct gb_policy_build *b)
{
    static const char *const columns[] = {"source",     "field",       "code", "canonical",
                                          "valid_from", "valid_until", NULL};
    struct gb_csv csv = {0};
    struct crossing *crossings;
    struct gb_crosswalk *rows;

    if (!gb_policy_csv(b, "crosswalk.csv", columns, &csv)) {
        return;
    }
    crossings = gb_arena_take(b->arena, (csv.rows_count + 1) * sizeof(*crossings));
    rows = gb_arena_take(b->arena, (csv.rows_count + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        read_crossing(b, &csv, i, &crossings[i]);
    }
    qsort(crossings, csv.rows_count, sizeof(*crossings), by_crossing);
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        rows[i] = crossings[i].row;
        if (i > 0 && order_of_codes(&rows[i - 1], &rows[i]) == 0 &&
            rows[i].valid_from < rows[i - 1].valid_until) {
            gb_yaml_mistake(b->mistakes, crossings[i].at,
                            "\"%.*s\" is already given in line %u, for an overlapping time",
                            GB_STR_ARG(rows[i].code), crossings[i - 1].at->line);
        }
    }
    b->policy.crosswalk = rows;
    b->policy.crosswalk_count = csv.rows_count;
}

/* The purpose's letter, the key's number, a dot, and 26 characters of lower-case base32: 16 bytes.
 * A rotation puts rows of j2 beside those of j1. */
static bool is_pseudonym(struct gb_str text, char letter)
{
    size_t dot = 1;

    while (dot < text.len && dot < 6 && text.ptr[dot] >= '0' && text.ptr[dot] <= '9') {
        dot++;
    }
    if (text.len != dot + 27 || dot < 2 || text.ptr[0] != letter || text.ptr[1] == '0' ||
        text.ptr[dot] != '.') {
        return false;
    }
    for (size_t i = dot + 1; i < text.len; i++) {
        char c = text.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '2' && c <= '7')) {
            return false;
        }
    }
    return true;
}

static void read_holders(struct gb_policy_build *b)
{
    static const char *const columns[] = {"id_hash", "holder", "pseudonym", NULL};
    struct gb_csv csv = {0};
    struct gb_map seen = {0};
    struct gb_holder *rows;

    if (!gb_policy_csv(b, "holders.csv", columns, &csv)) {
        return;
    }
    rows = gb_arena_take(b->arena, (csv.rows_count + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        const struct gb_yaml *id = gb_csv_cell(&csv, i, 0);
        const struct gb_yaml *holder = gb_csv_cell(&csv, i, 1);
        const struct gb_yaml *pseudonym = gb_csv_cell(&csv, i, 2);

        rows[i] = (struct gb_holder){id->text, holder->text, pseudonym->text};
        (void)gb_policy_is_new(b, &seen, id, id->text);
        if (!is_pseudonym(id->text, 'j')) {
            gb_yaml_mistake(b->mistakes, id, "must be j1., j2. ... and 26 characters of base32");
        }
        if (holder->text.len == 0) {
            gb_yaml_mistake(b->mistakes, holder, "the holder is empty");
        }
        if (!is_pseudonym(pseudonym->text, 'p')) {
            gb_yaml_mistake(b->mistakes, pseudonym,
                            "must be p1., p2. ... and 26 characters of base32");
        }
    }
    gb_map_close(&seen);
    qsort(rows, csv.rows_count, sizeof(*rows), by_str);
    b->policy.holders = rows;
    b->policy.holders_count = csv.rows_count;
}

static void read_units(struct gb_policy_build *b)
{
    static const char *const columns[] = {"code", "name_zh", "name_en", NULL};
    struct gb_csv csv = {0};
    struct gb_map seen = {0};
    struct gb_unit *rows;

    if (!gb_policy_csv(b, "units.csv", columns, &csv)) {
        return;
    }
    rows = gb_arena_take(b->arena, (csv.rows_count + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        const struct gb_yaml *code = gb_csv_cell(&csv, i, 0);

        rows[i] = (struct gb_unit){code->text, gb_csv_cell(&csv, i, 1)->text,
                                   gb_csv_cell(&csv, i, 2)->text};
        (void)gb_policy_is_new(b, &seen, code, code->text);
        if (code->text.len == 0 || memchr(code->text.ptr, ':', code->text.len) != NULL) {
            gb_yaml_mistake(b->mistakes, code, "a unit's code is a word without :");
        }
    }
    gb_map_close(&seen);
    qsort(rows, csv.rows_count, sizeof(*rows), by_str);
    b->policy.units = rows;
    b->policy.units_count = csv.rows_count;
}

void gb_policy_tables(struct gb_policy_build *b)
{
    read_units(b);
    read_territory(b);
    read_crosswalk(b);
    read_holders(b);
}

/* See the header. Every text that there must be is a row of one list of specs, made of the core's
 * lists and the bundle's own rows; reading and completeness are two walks over it. */
#include "codec/words.h"

#include "codec/csv.h"
#include "codec/policy_build.h"
#include "codec/words_build.h"
#include "core/due.h"
#include "core/said.h"

#define CORE_SPECS_MAX 1024U /* of the core's own lists; rows of the bundle come on top */

struct reading {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    struct gb_words *words;
    struct gb_word_spec *specs;
    struct gb_map by_path; /* of a spec, "section/word" */
    uint32_t count, size;
};

/* As they stand in gb.matter. */
const char *const gb_field_names[] = {
    "assists",   "bodies",  "category",   "credits", "deadline_at", "due",
    "duplicates", "first_contact",
    "grid",      "informs", "lead",       "level",   "occurred_at", "refs",
    "reporters", "state",   "supervised", "title",   "town",        "urged",
    "village",   "writebacks", NULL};

bool gb_lang_of(struct gb_str word, enum gb_lang *lang)
{
    bool is_zh = gb_str_eq(word, GB_STR("zh-CN")) || gb_str_eq(word, GB_STR("zh"));

    *lang = is_zh ? GB_LANG_ZH : GB_LANG_EN;
    return is_zh || gb_str_eq(word, GB_STR("en"));
}

struct gb_str gb_lang_word(enum gb_lang lang)
{
    return lang == GB_LANG_ZH ? GB_STR("zh-CN") : GB_STR("en");
}

/* ---- what there must be ---- */

static struct gb_str path_of(struct gb_arena *arena, const char *section, struct gb_str word)
{
    return GB_JOIN(arena, gb_str_of(section), GB_STR("/"), word);
}

static void need(struct reading *r, const char *section, struct gb_str word, const char *slots)
{
    struct gb_str path = path_of(r->arena, section, word);

    if (gb_map_get(&r->by_path, path) != NULL) {
        return;
    }
    GB_CHECK(r->count < r->size);
    r->specs[r->count] = (struct gb_word_spec){section, word, slots};
    (void)gb_map_put(&r->by_path, path, &r->specs[r->count++]);
}

static void need_core_words(struct reading *r)
{
#define X(word, slots) need(r, "messages", GB_STR(word), slots);
    GB_MESSAGE_LIST(X)
#undef X
#define X(name, word) need(r, "roles", GB_STR(word), "");
    GB_ROLE_LIST(X)
#undef X
#define X(name) need(r, "duties", GB_STR(#name), "");
    GB_DUTY_LIST(X)
#undef X
#define X(name) need(r, "states", GB_STR(#name), "");
    GB_STATE_LIST(X)
#undef X
#define X(name, word, needs) need(r, "decisions", GB_STR(word), "");
    GB_DECISION_LIST(X)
#undef X
#define X(word) need(r, "links", GB_STR(word), "");
    GB_LINK_LIST(X)
#undef X
#define X(word) need(r, "steps", GB_STR(word), GB_STEP_SLOTS);
    GB_CHANGE_LIST(X)
#undef X
#define X(word) need(r, "refusals", GB_STR(word), "");
    GB_REFUSAL_LIST(X)
#undef X
#define X(word) need(r, "reasons", GB_STR(word), "");
    GB_DEAD_LIST(X)
#undef X
#define X(name, word) need(r, "limits", GB_STR(word), "");
    GB_DUE_LIST(X)
#undef X
#define X(name, word) need(r, "writebacks", GB_STR(word), "");
    GB_TOLD_ACTION_LIST(X) GB_TOLD_STATE_LIST(X)
#undef X
    for (size_t i = 0; gb_field_names[i] != NULL; i++) {
        need(r, "fields", gb_str_of(gb_field_names[i]), "");
    }
    need(r, "urgencies", GB_STR("1"), "");
    need(r, "urgencies", GB_STR("2"), "");
    need(r, "urgencies", GB_STR("3"), "");
    need(r, "urgencies", GB_STR("4"), "");
}

static void need_overlaps(struct reading *r)
{
    static const char *const sections[GB_OVERLAP_COUNT + 1] = {
#define X(name, word) "overlaps/" word,
        GB_OVERLAP_LIST(X)
#undef X
        "overlaps/any"};

    for (int kind = 0; kind < GB_OVERLAP_COUNT; kind++) {
        need(r, sections[kind], GB_STR("name"), "");
    }
#define X(kind, word) need(r, sections[GB_OVERLAP_##kind], GB_STR(word), GB_OVERLAP_SLOTS);
    GB_CAUSE_LIST(X)
#undef X
}

static void need_rows(struct reading *r, const struct gb_policy *policy)
{
    for (uint32_t i = 0; i < policy->duties_count; i++) {
        need(r, "rules", policy->duties[i].id, "");
    }
    if (policy->fallback != NULL) {
        need(r, "rules", policy->fallback->id, "");
    }
    for (uint32_t i = 0; i < policy->deadlines_count; i++) {
        need(r, "rules", policy->deadlines[i].id, "");
    }
    for (uint32_t i = 0; i < policy->sources_count; i++) {
        need(r, "sources", policy->sources[i].source, "");
        need(r, "networks", policy->sources[i].network, "");
    }
}

/* ---- reading ---- */

static bool is_text(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20) {
            return false;
        }
    }
    return text.len > 0;
}

static void read_phrase(struct reading *r, const struct gb_word_spec *spec,
                        const struct gb_yaml *at)
{
    static const char *const known[] = {"zh", "en", NULL};
    struct gb_phrase *phrase = gb_arena_take(r->arena, sizeof(*phrase));

    /* Kept also where it is broken: it is then wrong, but not missing. */
    (void)gb_map_put(&r->words->phrases, path_of(r->arena, spec->section, spec->word), phrase);
    if (!gb_yaml_is(r->mistakes, at, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(r->mistakes, at, known);
    for (int lang = 0; lang < GB_LANG_COUNT; lang++) {
        const struct gb_yaml *text =
            gb_yaml_need(r->mistakes, at, known[lang], GB_YAML_SCALAR);

        if (text == NULL) {
            continue;
        }
        if (!is_text(text->text)) {
            gb_yaml_mistake(r->mistakes, text, "must be one line of text");
            continue;
        }
        gb_template_check(r->mistakes, text, spec->slots);
        phrase->text[lang] = text->text;
    }
}

static const struct gb_word_spec *spec_of(const struct reading *r, const char *section,
                                          struct gb_str word)
{
    return gb_map_get(&r->by_path, path_of(r->arena, section, word));
}

static void read_section(struct reading *r, const char *section, const struct gb_yaml *at)
{
    const char **words = gb_arena_take(r->arena, (r->count + 1U) * sizeof(words[0]));
    uint32_t count = 0;

    if (!gb_yaml_is(r->mistakes, at, GB_YAML_MAP)) {
        return;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        if (strcmp(r->specs[i].section, section) == 0) {
            words[count++] = gb_arena_str(r->arena, r->specs[i].word).ptr;
        }
    }
    words[count] = NULL;
    for (uint32_t i = 0; i < at->count; i++) {
        const struct gb_word_spec *spec = spec_of(r, section, at->keys[i].text);

        if (spec == NULL) {
            gb_yaml_unknown(r->mistakes, &at->keys[i], "word", words);
        } else {
            read_phrase(r, spec, &at->items[i]);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct gb_str word = gb_str_of(words[i]);

        if (gb_map_get(&r->words->phrases, path_of(r->arena, section, word)) == NULL) {
            gb_yaml_mistake(r->mistakes, at,
                            "%.*s: no text for %.*s; add  %.*s: {zh: ..., en: ...}",
                            GB_STR_ARG(gb_str_of(section)), GB_STR_ARG(word), GB_STR_ARG(word));
        }
    }
}

static void read_overlaps(struct reading *r, const struct gb_yaml *at)
{
    static const char *const known[] = {
#define X(name, word) word,
        GB_OVERLAP_LIST(X)
#undef X
        "any", NULL};

    if (!gb_yaml_is(r->mistakes, at, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(r->mistakes, at, known);
    for (size_t i = 0; known[i] != NULL; i++) {
        const struct gb_yaml *section = gb_yaml_need(r->mistakes, at, known[i], GB_YAML_MAP);

        if (section != NULL) {
            read_section(r, gb_arena_printf(r->arena, "overlaps/%s", known[i]).ptr, section);
        }
    }
}

static void read_root(struct reading *r, const struct gb_yaml *root)
{
    static const char *const known[] = {"messages", "rules",     "overlaps", "steps",
                                        "links",    "roles",     "duties",   "networks",
                                        "sources",  "states",    "fields",   "limits",
                                        "urgencies", "decisions", "refusals", "reasons",
                                        "writebacks", NULL};

    gb_yaml_known(r->mistakes, root, known);
    for (size_t i = 0; known[i] != NULL; i++) {
        const struct gb_yaml *section = gb_yaml_need(r->mistakes, root, known[i], GB_YAML_MAP);

        if (section != NULL && strcmp(known[i], "overlaps") == 0) {
            read_overlaps(r, section);
        } else if (section != NULL) {
            read_section(r, known[i], section);
        }
    }
}

/* The bundle's own names of places; a file that does not parse has said so elsewhere. */
static void read_places(struct reading *r, const struct gb_files *files)
{
    static const char *const columns[] = {"code", "name", "level", "parent", NULL};
    const struct gb_file *file = gb_files_get(files, GB_STR("territory.csv"));
    struct gb_mistakes none = {0};
    struct gb_csv csv = {0};

    if (file != NULL && gb_csv_parse(r->arena, file, columns, &csv, &none)) {
        for (uint32_t i = 0; i < csv.rows_count; i++) {
            struct gb_str *name = gb_arena_take(r->arena, sizeof(*name));

            *name = gb_csv_cell(&csv, i, 1)->text;
            (void)gb_map_put(&r->words->places, gb_csv_cell(&csv, i, 0)->text, name);
        }
    }
    gb_mistakes_close(&none);
}

struct gb_words *gb_words_read(struct gb_arena *arena, const struct gb_files *files,
                               const struct gb_policy *policy, struct gb_mistakes *mistakes)
{
    const struct gb_file *file = gb_files_get(files, GB_STR("words.yaml"));
    const struct gb_yaml top = {.file = GB_STR("words.yaml"), .line = 1, .col = 1};
    struct reading r = {.arena = arena, .mistakes = mistakes};
    uint32_t before = mistakes->count;
    struct gb_yaml root;

    if (file == NULL) {
        gb_yaml_mistake(mistakes, &top,
                        "the file is missing: decisions could not be told in words");
        return NULL;
    }
    r.words = gb_arena_take(arena, sizeof(*r.words));
    r.size = CORE_SPECS_MAX + policy->duties_count + policy->deadlines_count +
             2 * policy->sources_count + 1;
    r.specs = gb_arena_take(arena, r.size * sizeof(r.specs[0]));
    need_core_words(&r);
    need_overlaps(&r);
    need_rows(&r, policy);
    if (gb_yaml_parse(arena, file->name, file->bytes, &root, mistakes) &&
        gb_yaml_is(mistakes, &root, GB_YAML_MAP)) {
        read_root(&r, &root);
        read_places(&r, files);
    }
    gb_map_close(&r.by_path);
    if (mistakes->count > before) {
        gb_words_free(r.words);
        return NULL;
    }
    return r.words;
}

void gb_words_free(struct gb_words *words)
{
    if (words != NULL) {
        gb_map_close(&words->phrases);
        gb_map_close(&words->places);
    }
}

/* ---- telling ---- */

struct gb_str gb_words_get(const struct gb_page *page, const char *section, struct gb_str word)
{
    const struct gb_phrase *phrase =
        gb_str_is(word)
            ? gb_map_get(&page->words->phrases, path_of(page->arena, section, word))
            : NULL;

    return phrase != NULL ? phrase->text[page->lang] : GB_STR_NONE;
}

bool gb_words_say(const struct gb_page *page, const char *section, struct gb_str word,
                  const struct gb_slot *slots)
{
    struct gb_str text = gb_words_get(page, section, word);

    if (!gb_str_is(text)) {
        gb_buf_add_str(page->out, word);
        return false;
    }
    gb_template_fill(text, slots, page->out);
    return true;
}

struct gb_str gb_words_place(const struct gb_words *words, struct gb_str code)
{
    const struct gb_str *name = gb_str_is(code) ? gb_map_get(&words->places, code) : NULL;

    return name != NULL ? *name : code;
}

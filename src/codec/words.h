/* words.yaml of a policy bundle: the texts in which decisions are told to people, in Chinese and in
 * English. Data of the town, like its rules: what a civil servant signs is his wording.
 *
 *   messages:
 *     lead_row:
 *       zh: "由{lead}主办，依据职责清单第 {rule} 条[（事项编号 {item}）]：{basis}。"
 *       en: "The {lead} leads, under row {rule} ..."
 *
 * {name} is filled in; what stands in [ ] is left out where one of its names has nothing to say;
 * {{ and [[ (and }} and ]]) stand for the marks themselves. Which words and names there are is
 * fixed: GB_MESSAGE_LIST, the lists of core/said.h, and the bundle's own rows, sources and
 * networks. A word that is missing, unknown, or without a name that it must say is a mistake.
 *
 * A bundle may have no words.yaml (those stored before there were texts): the daemon never reads
 * it; `check policy` and `policy activate` want it. */
#ifndef CODEC_WORDS_H
#define CODEC_WORDS_H

#include "codec/files.h"
#include "codec/yaml.h"
#include "core/policy.h"

/* X(word, names): names with ! must be said. */
#define GB_MESSAGE_LIST(X)                                                                         \
    X("title", "matter!")                                                                          \
    X("title_dry", "")                                                                             \
    X("title_overlap", "overlap! name!") X("node", "role! place!")                                 \
    X("head_matter", "") X("head_decision", "") X("head_law", "") X("head_rows", "")               \
    X("head_claims", "") X("head_limits", "") X("head_overlaps", "") X("head_steps", "")           \
    X("comma", "")                                                                                 \
    X("matter", "occurred_at! place! place_code category! category_code urgency level state!")     \
    X("titled", "title!")                                                                          \
    X("redirected", "other!") X("gone", "") X("nothing", "source key")                             \
    X("dead", "reason! detail source key")                                                         \
    X("lead_row", "lead! rule! basis! item")                                                       \
    X("lead_failures", "lead! rule! basis item") X("lead_days", "lead! rule! basis item")          \
    X("lead_decision", "lead! decision! basis")                                                    \
    X("nobody_unlisted", "category!") X("nobody_row", "rule! basis item")                          \
    X("nobody_forbidden", "rule! basis")                                                           \
    X("why", "why!") X("assists", "posts!") X("informs", "posts!")                                 \
    X("first_contact", "post! source!")                                                            \
    X("law", "occurred_at! bundle! rule")                                                          \
    X("row_decides", "rule! lead! item") X("row_fallback", "rule! lead! item")                     \
    X("row_overruled", "rule! lead! item")                                                         \
    X("row_lost_category", "rule! lead! used! item")                                               \
    X("row_lost_territory", "rule! lead! used! item")                                              \
    X("row_lost_network", "rule! lead! used! item") X("row_lost_role", "rule! lead! used! item")   \
    X("row_lost_urgency", "rule! lead! used! item")                                                \
    X("row_lost_priority", "rule! lead! used! item")                                               \
    X("row_lost_order", "rule! lead! used! item") X("row_other_first", "rule! lead! item")         \
    X("row_other_urgency", "rule! lead! item") X("row_not_yet", "rule! lead! day! item")           \
    X("row_expired", "rule! lead! day! item") X("row_forbids", "rule! posts! basis item")          \
    X("rows_none", "") X("rows_decision", "")                                                      \
    X("posts", "posts!") X("post", "post! as!") X("lead_first", "") X("lead_nobody", "")           \
    X("body", "source! key! state! returns") X("body_claims", "source! key! state! returns")       \
    X("body_upheld", "source! key! state! returns rule")                                           \
    X("body_lost", "source! key! state! returns rule lead!")                                       \
    X("loser_authority", "field! source! value! kept")                                             \
    X("loser_elder", "field! source! value! kept")                                                 \
    X("loser_state", "source! value! kept!")                                                       \
    X("limit", "rule! basis accept_at remind_at handle_at supervise_at hand_over_at")              \
    X("limit_extended", "until! count!") X("limits_none", "")                                      \
    X("urged", "count!") X("supervised", "count!")                                                 \
    X("overlap", "name! state! text! opened_at id")                                                \
    X("overlap_open", "") X("overlap_settled", "") X("head_writebacks", "")                        \
    X("writeback", "source! action! state! key reason")                                            \
    X("step", "number! time! text!")

/* What an overlap's text may say. */
#define GB_OVERLAP_SLOTS                                                                           \
    "basis category claims decision handle_at lead limit node place returns rule sources states "  \
    "values"

/* What a step's text may say. */
#define GB_STEP_SLOTS "fields lead limit link rule name decides post to refused count"

enum gb_lang { GB_LANG_ZH, GB_LANG_EN, GB_LANG_COUNT };

/* zh-CN, zh, en; false for anything else. */
bool gb_lang_of(struct gb_str word, enum gb_lang *lang);
struct gb_str gb_lang_word(enum gb_lang lang); /* "zh-CN", "en" */

struct gb_words;

/* What a text may be asked to say; absent text: nothing to say. */
struct gb_slot {
    const char *name;
    struct gb_str text;
};

/* Reads and checks words.yaml of a bundle whose policy compiled; copies into arena
 * (gb_words_free is due). NULL after a mistake, and
 * where there is no such file (which is a mistake, too). */
struct gb_words *gb_words_read(struct gb_arena *arena, const struct gb_files *files,
                               const struct gb_policy *policy,
                               struct gb_mistakes *mistakes) GB_MUST_CHECK;
void gb_words_free(struct gb_words *words); /* NULL is fine */

/* Fields of a matter that a text may name; ends with NULL. */
extern const char *const gb_field_names[];

/* Where texts are told: behind out, in one language. All borrowed. */
struct gb_page {
    const struct gb_words *words;
    enum gb_lang lang;
    struct gb_arena *arena; /* for what is put together on the way */
    struct gb_buf *out;
};

/* A text without names: section "roles", word "grid_worker". Absent if there is none. */
struct gb_str gb_words_get(const struct gb_page *page, const char *section, struct gb_str word);

/* The text filled in, behind page->out; slots end with a name of NULL, or are NULL. False, and the
 * word itself in its place, where there is no such text. */
bool gb_words_say(const struct gb_page *page, const char *section, struct gb_str word,
                  const struct gb_slot *slots);

/* The name of a place in territory.csv, or its code. */
struct gb_str gb_words_place(const struct gb_words *words, struct gb_str code);

#endif

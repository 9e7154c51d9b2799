/* One text through all rules, and the text that is left.
 *
 * Every rule marks units; nothing is replaced before all have looked, so that no rule sees half of
 * what another found. Marks that overlap become one. */
#include "codec/scrub.h"

#include "codec/scrub_view.h"

/* Two suffice for what people write; a text that needs more than this stays outside. */
#define PASSES_MAX 8U

static const struct gb_str marks[] = {
#define X(name, mark) {mark, sizeof(mark) - 1},
    GB_SCRUB_LIST(X)
#undef X
};

const char *gb_scrub_word(enum gb_scrub_kind kind)
{
    static const char *const words[] = {"an 18-digit id",   "a 15-digit id", "a mobile number",
                                        "a landline number", "a card number", "a licence plate",
                                        "a mail address",    "an account",    "a name", "nothing"};

    return words[kind];
}

static enum gb_status look(struct gb_view *view, struct gb_str text,
                           const struct gb_scrub_names *names, struct gb_err *err)
{
    enum gb_status status;

    if (text.len > GB_SCRUB_BYTES_MAX) {
        return gb_fail(err, GB_TOO_LARGE, "expected a text of up to %zu bytes, found %zu",
                       GB_SCRUB_BYTES_MAX, text.len);
    }
    status = gb_view_read(view, text, err);
    if (status == GB_OK && names != NULL) {
        status = gb_scrub_columns(view, names, err);
    }
    if (status == GB_OK) {
        gb_scrub_numbers(view);
        gb_scrub_plates(view);
        gb_scrub_mails(view);
        gb_scrub_accounts(view);
        gb_scrub_titles(view);
    }
    return status;
}

/* Copies what is not marked; each found thing becomes the mark of its kind. */
static void rewrite(const struct gb_view *view, struct gb_str text, struct gb_buf *out,
                    struct gb_scrubbed *scrubbed)
{
    size_t copied = 0;

    for (uint32_t i = 0; i < view->count;) {
        const struct gb_unit *unit = &view->units[i];

        if (unit->mark == 0) {
            i++;
            continue;
        }
        if (unit->from > copied) {
            gb_buf_add(out, text.ptr + copied, unit->from - copied);
        }
        gb_buf_add_str(out, marks[unit->mark - 1]);
        scrubbed->counts[unit->mark - 1]++;
        scrubbed->total++;
        do {
            copied = view->units[i].to > copied ? view->units[i].to : copied;
            i++;
        } while (i < view->count && view->units[i].mark != 0 && !view->units[i].is_start);
    }
    gb_buf_add(out, text.ptr + copied, text.len - copied);
}

static bool has_mark(const struct gb_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        if (view->units[i].mark != 0) {
            return true;
        }
    }
    return false;
}

/* One pass over text into out, which is empty where nothing was found. */
static enum gb_status pass(struct gb_str text, const struct gb_scrub_names *names,
                           struct gb_buf *out, struct gb_scrubbed *made, struct gb_err *err)
{
    struct gb_view view = {0};
    enum gb_status status = look(&view, text, names, err);

    gb_buf_clear(out);
    if (status == GB_OK && has_mark(&view)) {
        rewrite(&view, text, out, made);
    }
    gb_view_close(&view);
    return status;
}

/* A mark parts what stood on both sides of it, and may so lay bare a number that was a piece of a
 * longer run before: passes go on until one finds nothing. */
enum gb_status gb_scrub_text(struct gb_arena *arena, struct gb_str text,
                             const struct gb_scrub_names *names, struct gb_scrubbed *scrubbed,
                             struct gb_err *err)
{
    struct gb_buf bufs[2] = {{0}, {0}};
    struct gb_scrubbed made = {.text = text};
    struct gb_str now = text;
    enum gb_status status = GB_OK;
    uint32_t passes = 0;

    for (bool is_done = false; !is_done && status == GB_OK; passes++) {
        struct gb_buf *out = &bufs[passes % 2];

        if (passes == PASSES_MAX) {
            status = gb_fail(err, GB_TOO_LARGE, "the text holds numbers within numbers");
            break;
        }
        status = pass(now, names, out, &made, err);
        is_done = out->len == 0;
        now = is_done ? now : gb_buf_str(out);
    }
    if (status == GB_OK && made.total > 0) {
        if (gb_arena_fits(arena, now.len + 64)) {
            made.text = gb_arena_str(arena, now);
        } else {
            status = gb_fail(err, GB_TOO_LARGE, "the text does not fit into the batch's memory");
        }
    }
    gb_buf_close(&bufs[0]);
    gb_buf_close(&bufs[1]);
    if (status == GB_OK) {
        *scrubbed = made;
    }
    return status;
}

/* Codes of plain letters and digits that are too short for any number and spell no name: most keys
 * and codes, told without a view. */
static bool is_plain_code(struct gb_str text, const struct gb_scrub_names *names)
{
    size_t digits = 0, letters = 0;
    bool has_chat_letter = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], low = (char)(c | 32);

        if (c >= '0' && c <= '9') {
            digits++;
        } else if (low >= 'a' && low <= 'z') {
            letters++;
            has_chat_letter = has_chat_letter || low == 'q' || low == 'x';
        } else if (c != '_' && c != '/' && c != ':') {
            return false;
        }
    }
    return text.len < 64 && digits < 7 && !has_chat_letter &&
           (letters == 0 || names == NULL || names->cells_count == 0);
}

enum gb_scrub_kind gb_scrub_find(struct gb_str text, const struct gb_scrub_names *names)
{
    struct gb_view view = {0};
    enum gb_scrub_kind kind = GB_SCRUB_COUNT;

    if (is_plain_code(text, names)) {
        return GB_SCRUB_COUNT;
    }
    if (look(&view, text, names, NULL) != GB_OK) {
        kind = GB_SCRUB_NAME;
    }
    for (uint32_t i = 0; i < view.count && kind == GB_SCRUB_COUNT; i++) {
        if (view.units[i].mark != 0) {
            kind = (enum gb_scrub_kind)(view.units[i].mark - 1);
        }
    }
    gb_view_close(&view);
    return kind;
}

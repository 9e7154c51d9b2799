/* The scrubber that scrubs nothing, linked in the place of codec/scrub.c into one test program: the
 * negative control of the claim `canaries`. Never part of what is installed. */
#include "codec/scrub.h"

enum gb_status gb_scrub_text(struct gb_arena *arena, struct gb_str text,
                             const struct gb_scrub_names *names, struct gb_scrubbed *scrubbed,
                             struct gb_err *err)
{
    (void)arena;
    (void)names;
    (void)err;
    *scrubbed = (struct gb_scrubbed){.text = text};
    return GB_OK;
}

enum gb_scrub_kind gb_scrub_find(struct gb_str text, const struct gb_scrub_names *names)
{
    (void)text;
    (void)names;
    return GB_SCRUB_COUNT;
}

const char *gb_scrub_word(enum gb_scrub_kind kind)
{
    (void)kind;
    return "nothing";
}

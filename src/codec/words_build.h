/* What the files of codec/words*.c share. */
#ifndef CODEC_WORDS_BUILD_H
#define CODEC_WORDS_BUILD_H

#include "base/map.h"
#include "codec/words.h"

struct gb_phrase {
    struct gb_str text[GB_LANG_COUNT];
};

struct gb_words {
    struct gb_map phrases; /* "section/word" -> struct gb_phrase */
    struct gb_map places;  /* code -> struct gb_str */
};

/* One text that there must be: section "overlaps/no_owner", and the names that it may and (with !)
 * must say, blanks between. */
struct gb_word_spec {
    const char *section;
    struct gb_str word;
    const char *slots;
};

/* Brackets and names of a template; each mistake is added. */
void gb_template_check(struct gb_mistakes *mistakes, const struct gb_yaml *at, const char *slots);

void gb_template_fill(struct gb_str text, const struct gb_slot *slots, struct gb_buf *out);

#endif

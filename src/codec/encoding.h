/* What a text that is no UTF-8 may be instead: words for the people who must find the cause. */
#ifndef CODEC_ENCODING_H
#define CODEC_ENCODING_H

#include <stddef.h>

#include "gridbridge/str.h"

/* Text is bad at byte `at`: no UTF-8, or a control character that may not be there. A suspicion in
 * words, made to follow "expected UTF-8": never NULL, never a byte of the text. Guesses
 * by form alone: byte order marks, NULs of two-byte forms, pairs of GBK (GB 18030), surrogates
 * written as in CESU-8, sequences that are cut. Linear. */
const char *gb_encoding_suspect(struct gb_str text, size_t at);

/* The same for a text that is UTF-8 by form but holds NULs: UTF-16 that is all ASCII; NULL: it does
 * not look so. */
const char *gb_encoding_nuls(struct gb_str text);

#endif

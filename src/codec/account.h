/* The account of a matter (责任认定说明): why it is led as it is, told to people in the words of the
 * bundle. A pure function of what the lane published and of the bundle under which it was decided:
 * the same matter has the same account in every installation, stored or dry. */
#ifndef CODEC_ACCOUNT_H
#define CODEC_ACCOUNT_H

#include "codec/words.h"
#include "gridbridge/value.h"

/* What is known of one matter; all borrowed. */
struct gb_account {
    const struct gb_policy *policy;  /* under which it was decided last */
    const struct gb_value *matter;   /* as published; NULL: none, or no longer published */
    const struct gb_value *losers;   /* {field: [{source, value}]}; may be NULL */
    const struct gb_value *overlaps; /* as published */
    size_t overlaps_count;
    const struct gb_value *changes;  /* of gb.change, in order; may be NULL */
    size_t changes_count;
    bool is_dry; /* nothing of it was stored */
};

/* Rule and item, bundle and time used, posts considered, claims, losers and why, limits, overlaps,
 * and the steps where changes are given. */
void gb_account_matter(const struct gb_account *account, const struct gb_page *page);

/* One overlap of the matter, which may be NULL: what was found, why it is open or settled. */
void gb_account_overlap(const struct gb_account *account, const struct gb_value *overlap,
                        const struct gb_page *page);

/* A record that became no matter: why it is laid aside. */
struct gb_account_dead {
    struct gb_str source, key, reason, detail;
};
void gb_account_dead(const struct gb_account_dead *dead, const struct gb_page *page);

#endif

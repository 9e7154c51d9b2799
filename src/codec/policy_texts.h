/* Whether the texts of disputes really stay outside: the refuse-list works at the door by raw
 * codes, the bundle knows which canonical categories have no text, crosswalk.csv lies between. */
#ifndef CODEC_POLICY_TEXTS_H
#define CODEC_POLICY_TEXTS_H

#include "codec/files.h"
#include "codec/refuse.h"
#include "core/policy.h"

/* A source of the configuration, and the `system` of its mapping, by which the refuse-list names
 * it. A source that is not among them is called by its own name. */
struct gb_text_system {
    struct gb_str source, system;
};
struct gb_text_systems {
    const struct gb_text_system *items;
    size_t count;
};

/* A mistake at crosswalk.csv:line:col for each raw category of a source that becomes a category
 * without text (text: false, as MD*), and whose texts the refuse-list would let in: no pattern of
 * no_text, none of a refused class. policy was loaded from files. True if none was added. */
bool gb_policy_check_texts(const struct gb_policy *policy, const struct gb_files *files,
                           const struct gb_refuse *refuse,
                           const struct gb_text_systems *systems,
                           struct gb_mistakes *mistakes) GB_MUST_CHECK;

#endif

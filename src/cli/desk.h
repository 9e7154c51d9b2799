/* Deciding from the command line: what a person wants becomes a signed record to
 * <prefix>decision.in, and the answer is awaited where the lane stores it.
 *
 * look up the targets -> draft with the versions seen -> signed, and read as the bridge will read
 * it -> plan, unless --execute -> sent -> answer, dead letter, or time is up */
#ifndef CLI_DESK_H
#define CLI_DESK_H

#include "cli/session.h"
#include "cli/settings.h"
#include "codec/decision_write.h"

/* Options of every command that decides. */
#define GB_DESK_OPTIONS                                                                            \
    {"--post", "POST", "who decides, by post and never by name"},                                  \
        {"--role", "ROLE", "of that post (command_centre)"},                                       \
        {"--reason", "TEXT", "why; scrubbed, never in a shared topic"},                            \
        {"--basis", "TEXT", "legal basis, if there is one"},                                       \
        {"--id", "ID", "of the decision; the same twice has no effect"},                           \
        {"--key", "FILE", "the gateway's key, mode 0400; else configured"},                        \
        {"--wait", "SECONDS", "for the answer (30)"},                                              \
        {"--execute", NULL, "do it; otherwise only the plan is shown"}, GB_SESSION_OPTION

struct gb_desk {
    const struct gb_args *args;
    struct gb_arena arena;
    struct gb_brokers brokers;
    struct gb_session session;
    struct gb_str gateway; /* id */
    uint8_t seed[GB_SIGN_KEY_LEN];
    struct gb_decision_draft draft;
    struct gb_seen_overlap overlaps[GB_DECISION_OVERLAPS_MAX];
    struct gb_buf plan; /* what was seen, a line a target */
};

/* Connects, reads the key, fills the draft with who and why. On failure says why; gb_desk_end is
 * due either way. kind: borrowed. */
enum gb_exit gb_desk_begin(struct gb_desk *desk, const struct gb_args *args, const char *kind);
void gb_desk_end(struct gb_desk *desk);

/* Looks targets up and puts them into the draft, with their town. GB_EXIT_NO, with talk, where one
 * is not there or its matter is over. version 0: the newest. */
enum gb_exit gb_desk_add_overlap(struct gb_desk *desk, const char *id, int64_t version);
enum gb_exit gb_desk_add_matter(struct gb_desk *desk, const char *id, int64_t version);
/* The matter of an overlap instead of the overlap: for kinds that name matters. */
enum gb_exit gb_desk_add_matter_of(struct gb_desk *desk, const char *overlap, int64_t version);
enum gb_exit gb_desk_add_decision(struct gb_desk *desk, const char *id);

/* Shows the plan, or sends the draft and prints its answer. GB_EXIT_NO: stale or refused;
 * GB_EXIT_DATA: a dead letter; GB_EXIT_AGAIN: no answer in time. */
enum gb_exit gb_desk_decide(struct gb_desk *desk);

#endif

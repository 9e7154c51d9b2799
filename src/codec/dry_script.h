/* Reports in short, read from JSON or YAML and run dry: what `explain RECORD.json` says of a report
 * that nobody has sent yet. */
#ifndef CODEC_DRY_SCRIPT_H
#define CODEC_DRY_SCRIPT_H

#include "codec/account.h"
#include "codec/dry.h"

struct gb_dry_script {
    struct gb_record *records; /* in the arena */
    uint32_t count;
    int64_t first_at, last_at; /* times of occurrence, ms */
    int64_t after;             /* time that passes after the last one, ms */
    struct gb_account_dead *dead; /* by record, after the run: why it is no report; in the dry run's
                                     arena, reason absent where it is one */
};

/* Records as a door opened them: what is refused or ignored there is told as such. */
void gb_dry_script_of(struct gb_record *records, uint32_t count, struct gb_dry_script *script);

/* text: one report as in policy_test.h, a list of them, or {reports: [...], after: 80h}. False
 * after a mistake, which names file:line:col. */
bool gb_dry_script_read(const struct gb_policy *policy, struct gb_arena *arena,
                        const struct gb_file *file, struct gb_dry_script *script,
                        struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* Begins a dry run, steps the records, lets the time pass. gb_dry_end is due. */
void gb_dry_script_run(const struct gb_policy *policy, struct gb_dry_script *script,
                       struct gb_dry *dry);

/* The account of each matter that the records made, and why others made none. */
void gb_dry_script_tell(const struct gb_dry_script *script, struct gb_dry *dry,
                        const struct gb_page *page);

/* What the dry run knows of one matter (by id), for its account; overlaps and changes are in the
 * run's arena. */
void gb_dry_account(struct gb_dry *dry, struct gb_str id, struct gb_account *account);

#endif

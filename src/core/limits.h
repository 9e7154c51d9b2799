/* Bounds of what one record may cost and of what memory keeps. Each has a test that reaches it. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

/* Records of a cell that may share one piece of evidence (a named id, an attachment, a holder's two
 * hours). What more share is no certain evidence: nothing is linked by it, and the record that
 * went over the bound has an open overlap `crowded_evidence`. */
#define GB_EVIDENCE_MAX 16U

/* A change is felt by reports at most GB_LINK_FELT steps away; to decide those, reports up to
 * GB_LINK_READ steps away are looked at (link.c says why). */
#define GB_LINK_FELT 5U
#define GB_LINK_READ 12U

/* Reports that one record's links may make us look at. Beyond it the record's links stay as they
 * are, and its matter has an open overlap `crowded_evidence`. */
#define GB_LINK_MAX 256U

/* Holder evidence stands in slots of this length; a bundle's holder_window counts up to the max. */
#define GB_HOLDER_SLOT_MS ((int64_t)2 * 3600000)
#define GB_HOLDER_WINDOW_MAX_MS ((int64_t)24 * 3600000)

/* Source marks and writers' sessions that nothing moved for so long leave memory; a mark is fetched
 * again by its key, a session is forgotten (what it sends later is refused: its n is no 0). */
#define GB_MARK_KEEP_MS ((int64_t)7 * 24 * 3600000)

/* Limits that fall due at one tick; the rest waits for the next one. */
#define GB_DUE_TICK_MAX 1024U

/* Posts of one holder that are told with each other, and folded again when one of them changes. */
#define GB_HAT_POSTS_MAX 16U

/* A day's visits are judged together until so long after the day on which they were first told;
 * then each stands as it was found. */
#define GB_VISIT_KEEP_MS ((int64_t)4 * 24 * 3600000)
/* Days back in which a visit is judged again when its worker's posts change. */
#define GB_VISIT_DAYS 31

/* Matters of one day and grid that are counted against its log. */
#define GB_DAY_MATTERS_MAX 256U

/* Writers' sessions that a lane remembers; beyond it the longest silent is forgotten. */
#define GB_SESSIONS_MAX 1024U

#endif

/* Deadlines (时限) by category and urgency, as rows of the bundle. PURE. */
#ifndef CORE_DEADLINE_H
#define CORE_DEADLINE_H

#include "core/calendar.h"
#include "gridbridge/str.h"

/* Limits count from the report (accept, handle, remind) or from a missed handle (supervise). */
struct gb_deadline {
    struct gb_str id;       /* "L03" */
    struct gb_str category; /* "MS02", "MS*" or "*" */
    uint32_t urgencies;     /* bit u: urgency u */
    bool has_urgency;       /* named in the row: more specific */
    struct gb_limit accept;    /* until somebody accepts it (签收) */
    struct gb_limit handle;    /* until it is done (办结) */
    struct gb_limit remind;    /* reminder (催办) while it is not done */
    struct gb_limit supervise; /* after handle was missed: supervision (督办) */
    struct gb_str basis_zh, basis_en;
};

/* Most specific row: longest category (exact before pattern), urgency named, first in the file;
 * NULL if none applies. */
const struct gb_deadline *gb_deadline_find(const struct gb_deadline *rows, uint32_t count,
                                           struct gb_str category, uint32_t urgency);

#endif

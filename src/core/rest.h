/* Suspension (挂起): while every body that is at work on a matter has suspended it, its limits rest;
 * once it goes on, they end so much later. Private to src/core.
 *
 * A report keeps how long its body has had it suspended, by the lane's clock, in plain time and in
 * office hours; limits in working time are moved by the latter, so that no limit ends on a day off.
 * Of several bodies that are at work the least counts: what one of them could have done did not
 * rest. */
#ifndef CORE_REST_H
#define CORE_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/calendar.h"

struct gb_rest {
    int64_t since;      /* lane clock (ms) at which it was seen suspended, 0: it is not */
    int64_t ms, minutes; /* of suspensions that are over: plain time, office hours */
};

struct gb_core;
struct gb_jsonw;
struct gb_matter;
struct gb_observation;
struct gb_value;

/* o has its new image. */
void gb_rest_note(struct gb_core *core, struct gb_observation *o);
/* True while nothing falls due. */
bool gb_rest_is(const struct gb_matter *matter);
/* When a limit that would end at `at` (INT64_MAX: there is none) ends by reason of the rest. */
int64_t gb_rest_move(const struct gb_core *core, const struct gb_matter *matter,
                     struct gb_limit limit, int64_t at);
/* As a member of the report's row; absent if it was never suspended. */
void gb_rest_render(struct gb_jsonw *w, const struct gb_observation *o);
void gb_rest_load(struct gb_observation *o, const struct gb_value *row);

#endif

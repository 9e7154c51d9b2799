/* The program whose core has something to write back at every other line, for the two sources of
 * the model town, whatever their modes: the integration test of the write-back topics reads what
 * comes of it. Never part of what is installed. */
#include "planted.h"

void __wrap_gb_core_step(struct gb_core *core, const struct gb_record *rec, struct gb_step *step)
{
    __real_gb_core_step(core, rec, step);
    plant_two(step, GB_STR("party_building"), GB_STR("governance_grid"));
}

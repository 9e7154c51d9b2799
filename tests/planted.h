/* Outputs for what is to be written back, planted into those of a step that has them or not: the
 * transport of write-backs is tested whatever the core finds to write back. */
#ifndef TESTS_PLANTED_H
#define TESTS_PLANTED_H

#include "base/check.h"
#include "core/core.h"

/* The linker puts __wrap_ in the place of the core's own (-Wl,--wrap=gb_core_step). */
void __real_gb_core_step(struct gb_core *core, const struct gb_record *rec, struct gb_step *step);
void __wrap_gb_core_step(struct gb_core *core, const struct gb_record *rec, struct gb_step *step);

static inline void plant(struct gb_step *step, struct gb_str target)
{
    struct gb_output *outputs =
        gb_arena_take(step->arena, (step->outputs_count + 1U) * sizeof(outputs[0]));
    unsigned long long index = step->index;

    if (step->outputs_count > 0) {
        memcpy(outputs, step->outputs, step->outputs_count * sizeof(outputs[0]));
    }
    outputs[step->outputs_count] = (struct gb_output){
        .topic = GB_TOPIC_WRITEBACK,
        .target = target,
        .key = gb_arena_printf(step->arena, "grid/matter/%llu", index),
        .value = gb_arena_printf(step->arena, "{\"clock\":0,\"id\":\"%llu\"}", index),
        .type = GB_STR("gb.writeback.v1"),
        .subject = gb_arena_printf(step->arena, "id-%llu", index),
        .ordinal = step->outputs_count,
        .change = -1};
    step->outputs = outputs;
    step->outputs_size = ++step->outputs_count;
}

/* Odd lines are for the one, those that three divides for the other. */
static inline void plant_two(struct gb_step *step, struct gb_str odd, struct gb_str third)
{
    if (step->index % 2 == 1) {
        plant(step, odd);
    }
    if (step->index % 3 == 0) {
        plant(step, third);
    }
}

#endif

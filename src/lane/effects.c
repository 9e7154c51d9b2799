/* The list of effects of one step: grown, reused, in the order of adding. */
#include <stdlib.h>

#include "base/check.h"
#include "lane/effect.h"
#include "lane/intake.h"

void gb_effects_close(struct gb_effects *effects)
{
    free(effects->items);
    *effects = (struct gb_effects){0};
}

struct gb_effect *gb_effects_add(struct gb_effects *effects, enum gb_effect_kind kind,
                                 uint32_t lane, uint64_t ticket)
{
    struct gb_effect *effect;

    if (effects->count == effects->size) {
        effects->size = effects->size == 0 ? 8 : effects->size * 2;
        effects->items = realloc(effects->items, effects->size * sizeof(effects->items[0]));
        GB_CHECK(effects->items != NULL);
    }
    effect = &effects->items[effects->count++];
    *effect = (struct gb_effect){.kind = kind, .ticket = ticket, .lane = lane};
    return effect;
}

void gb_intake_effects_close(struct gb_intake_effects *effects)
{
    free(effects->items);
    *effects = (struct gb_intake_effects){0};
}

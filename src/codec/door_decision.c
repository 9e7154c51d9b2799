/* A decision through the door: its signature, its shape, and its reason as a committed text. */
#include "codec/decision.h"
#include "codec/door_build.h"

void gb_opening_decision(struct gb_opening *o)
{
    struct gb_decision_read decision = {.reason = GB_STR_NONE};
    struct gb_record *rec = gb_opening_row(o);
    struct gb_err err = {.status = GB_OK, .text = ""};

    rec->source = GB_STR("decision");
    if (gb_decision_read(o->arena, &o->door->gateways, o->in, &decision, &err) != GB_OK ||
        gb_guard_free_text(o, &decision.reason, &err) != GB_OK) {
        gb_opening_dead(o, rec, &err);
        return;
    }
    rec->kind = GB_KIND_DECISION;
    rec->town = decision.town;
    rec->entity = GB_STR("decision");
    rec->key = decision.id;
    rec->fields = decision.fields;
    gb_opening_text(o, rec, GB_STR("reason"), decision.reason);
}

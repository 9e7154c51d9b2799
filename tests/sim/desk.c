/* People at the desks of the command centre: they read what is published, as any read_committed
 * reader, and send signed decisions to gb.decision.in. They look at what may be old, name what may
 * be gone, say the same twice, undo, and now and then somebody sends what is not signed. */
#include <stdio.h>

#include "base/check.h"
#include "codec/decision_write.h"
#include "codec/json.h"
#include "sim/sim.h"

#define SEEN_MAX 40U /* a desk shows so many of the newest records of a topic */

struct desk {
    struct sim *sim;
    struct sim_message *message;
    uint64_t random; /* of this message alone */
    uint32_t lane;   /* whose topics are looked at */
    struct gb_decision_draft draft;
    struct gb_seen_overlap overlaps[2];
};

static const uint8_t seed[GB_SIGN_KEY_LEN] = {7, 1, 3};

void sim_desk_key(uint8_t *public_key)
{
    GB_CHECK(gb_sign_public(seed, public_key));
}

uint32_t sim_desk_stream(const struct sim *sim)
{
    return sim->plan.streams - 1;
}

static uint32_t pick(struct desk *d, uint32_t bound)
{
    return (uint32_t)(sim_mix(&d->random) % bound);
}

static struct gb_str some_town(struct desk *d)
{
    return gb_arena_printf(&d->sim->arena, "%u", 320312101U + pick(d, SIM_TOWNS));
}

/* The value of a record that readers see, from the newest ones downwards; false if there is none.
 * key absent: any record, else the newest of that key. */
static bool see(struct desk *d, enum gb_topic topic, struct gb_str key, struct gb_value *value)
{
    const struct sim_log *log = &d->sim->logs[d->lane][topic];
    uint32_t at = log->checked < log->count ? log->checked : log->count;
    struct gb_err err;

    if (!gb_str_is(key) && at > 0) {
        at -= pick(d, at < SEEN_MAX ? at : SEEN_MAX);
    }
    while (at > 0) {
        const struct sim_entry *e = &log->entries[--at];

        if (e->state == SIM_VISIBLE && gb_str_is(e->message->value) &&
            (!gb_str_is(key) || gb_str_eq(e->message->key, key))) {
            return gb_json_view(&d->sim->arena, e->message->value, value, &err) == GB_OK;
        }
    }
    return false;
}

static struct gb_str text_of(const struct gb_value *value, const char *name)
{
    return gb_value_str(value, gb_str_of(name));
}

/* ---- what a decision is about ---- */

static void take_overlap(struct desk *d)
{
    struct gb_value overlap, matter;
    struct gb_seen_overlap *seen = &d->overlaps[d->draft.overlaps_count];

    *seen = (struct gb_seen_overlap){GB_STR("nothing"), 1};
    if (see(d, GB_TOPIC_OVERLAP, GB_STR_NONE, &overlap)) {
        seen->id = text_of(&overlap, "id");
        seen->version = gb_value_int(&overlap, GB_STR("version"), 1);
        seen->version += pick(d, 12) == 0; /* nobody has seen that one yet */
        if (see(d, GB_TOPIC_MATTER, text_of(&overlap, "matter"), &matter)) {
            d->draft.town = text_of(&matter, "town");
        }
    }
    d->draft.overlaps = d->overlaps;
    d->draft.overlaps_count++;
}

static struct gb_str first_report(struct desk *d, const struct gb_value *matter)
{
    const struct gb_value *refs = gb_value_get(matter, GB_STR("refs"));
    const struct gb_value *ref;

    if (refs == NULL || refs->count == 0) {
        return GB_STR("grid/matter/0");
    }
    ref = &refs->items[pick(d, refs->count)];
    return gb_arena_printf(&d->sim->arena, "%.*s/%.*s/%.*s", GB_STR_ARG(text_of(ref, "source")),
                           GB_STR_ARG(text_of(ref, "entity")), GB_STR_ARG(text_of(ref, "key")));
}

static void take_matter(struct desk *d, bool has_version)
{
    struct gb_value matter;

    d->draft.matter = GB_STR("nothing");
    d->draft.report = GB_STR("grid/matter/0");
    if (see(d, GB_TOPIC_MATTER, GB_STR_NONE, &matter)) {
        d->draft.matter = text_of(&matter, "id");
        d->draft.town = text_of(&matter, "town");
        d->draft.report = first_report(d, &matter);
        d->draft.version = has_version ? gb_value_int(&matter, GB_STR("version"), 0) : 0;
    }
}

static void take_other(struct desk *d)
{
    struct gb_value other;

    d->draft.other = see(d, GB_TOPIC_MATTER, GB_STR_NONE, &other) ? text_of(&other, "id")
                                                                   : GB_STR("nothing");
}

/* One that was sent before; NULL if there is none. */
static const struct sim_message *sent_before(struct desk *d)
{
    const struct sim_stream *s = &d->sim->streams[sim_desk_stream(d->sim)];
    const struct sim_message *before = s->count > 0 ? s->messages[pick(d, s->count)] : NULL;

    return before != NULL && gb_str_is(before->decided.id) ? before : NULL;
}

/* The newest one of a kind, or any. */
static void name_earlier(struct desk *d, enum gb_decision_kind kind)
{
    const struct sim_stream *s = &d->sim->streams[sim_desk_stream(d->sim)];
    const struct sim_message *before = sent_before(d);

    for (uint32_t i = s->count; i > 0 && pick(d, 4) > 0; i--) {
        if (s->messages[i - 1]->decided.kind == kind && gb_str_is(s->messages[i - 1]->decided.id)) {
            before = s->messages[i - 1];
            break;
        }
    }
    d->draft.decision = GB_STR("nothing");
    if (before != NULL) {
        d->draft.decision = before->decided.id;
        d->draft.town = before->decided.town;
    }
}

static void give_to(struct desk *d)
{
    static const char *const posts[] = {"grid_worker", "grid_leader", "key_family",
                                        "branch_secretary", "department", "grid_worker:nowhere"};
    uint32_t who = pick(d, 24);

    d->draft.to = gb_str_of(posts[who < 20 ? who / 4 : 5 - (who < 23)]);
}

static void aim(struct desk *d)
{
    uint32_t how = pick(d, 10);

    if (how < 6) {
        take_overlap(d);
    } else if (how < 8) {
        take_overlap(d);
        take_overlap(d);
    } else {
        take_matter(d, how == 8);
    }
}

static enum gb_decision_kind draw_kind(struct desk *d)
{
    static const uint8_t shares[GB_DECISION_KIND_COUNT] = {
        [GB_DECISION_LEAD_IS] = 26,   [GB_DECISION_TRANSFER] = 12,     [GB_DECISION_ESCALATE] = 4,
        [GB_DECISION_DUPLICATE] = 5,  [GB_DECISION_NOT_DUPLICATE] = 5, [GB_DECISION_SPLIT] = 6,
        [GB_DECISION_EXTEND] = 8,     [GB_DECISION_CLAIM] = 12,        [GB_DECISION_RELEASE] = 3,
        [GB_DECISION_HAND_OVER] = 3,  [GB_DECISION_UNDO] = 10,         [GB_DECISION_CONFIRM] = 4,
        [GB_DECISION_REDECIDE] = 2};
    uint32_t at = pick(d, 100);
    int kind = 0;

    while (at >= shares[kind]) {
        at -= shares[kind++];
    }
    return (enum gb_decision_kind)kind;
}

static void fill(struct desk *d, enum gb_decision_kind kind)
{
    switch (kind) {
    case GB_DECISION_LEAD_IS:
    case GB_DECISION_TRANSFER:
        give_to(d);
        aim(d);
        break;
    case GB_DECISION_ESCALATE:
        aim(d);
        break;
    case GB_DECISION_DUPLICATE:
    case GB_DECISION_NOT_DUPLICATE:
        take_matter(d, pick(d, 2) == 0);
        take_other(d);
        break;
    case GB_DECISION_SPLIT:
    case GB_DECISION_EXTEND:
        take_matter(d, pick(d, 2) == 0);
        break;
    case GB_DECISION_CLAIM:
    case GB_DECISION_RELEASE:
    case GB_DECISION_HAND_OVER:
        take_overlap(d);
        break;
    case GB_DECISION_UNDO:
        name_earlier(d, GB_DECISION_LEAD_IS);
        break;
    case GB_DECISION_CONFIRM:
        name_earlier(d, GB_DECISION_TRANSFER);
        break;
    case GB_DECISION_REDECIDE:
    case GB_DECISION_KIND_COUNT:
        break;
    }
    if (kind != GB_DECISION_SPLIT) {
        d->draft.report = GB_STR_NONE;
    }
    if (kind == GB_DECISION_EXTEND) {
        d->draft.until = sim_wall(d->sim) + (int64_t)pick(d, 7) * 600000 - 300000;
    }
}

/* ---- what is sent ---- */

static void sign(struct desk *d, bool is_forged)
{
    struct gb_source_header *headers = gb_arena_take(&d->sim->arena, 2 * sizeof(headers[0]));
    char *hex = gb_arena_take(&d->sim->arena, 2 * GB_SIGN_LEN + 1);
    uint8_t signature[GB_SIGN_LEN];

    GB_CHECK(gb_sign(seed, d->message->value, signature));
    signature[3] ^= (uint8_t)is_forged;
    gb_hex(hex, signature, GB_SIGN_LEN);
    headers[0] = (struct gb_source_header){GB_STR("gb_gateway"), GB_STR(SIM_GATEWAY)};
    headers[1] = (struct gb_source_header){GB_STR("gb_signature"), {hex, 2 * GB_SIGN_LEN}};
    d->message->headers = headers;
}

static void expect(struct desk *d, enum gb_verdict verdict)
{
    struct gb_str town = d->message->decided.town;
    char text[64];

    if (verdict == GB_ACCEPTED) {
        (void)snprintf(text, sizeof(text), "%.*s", GB_STR_ARG(town));
    } else {
        (void)snprintf(text, sizeof(text), "gb.decision.in/0");
    }
    d->message->rows[0] = (struct sim_truth_row){sim_lane_of(d->sim, text), verdict};
    d->message->rows_count = 1;
}

/* The same bytes once more. */
static void repeat(struct desk *d, const struct sim_message *before)
{
    d->message->value = before->value;
    d->message->headers = before->headers;
    d->message->decided = before->decided;
    expect(d, GB_ACCEPTED);
}

static void compose(struct desk *d)
{
    enum gb_decision_kind kind = draw_kind(d);
    const struct sim_message *before = pick(d, 14) == 0 ? sent_before(d) : NULL;
    struct gb_buf text = {0};

    d->draft.id = gb_arena_printf(&d->sim->arena, "d%lld", (long long)d->message->offset);
    d->draft.town = some_town(d);
    d->draft.kind = gb_decision_word(kind);
    d->draft.actor_post = gb_arena_printf(&d->sim->arena, "seat-%u", pick(d, 3));
    d->draft.actor_role = GB_STR("command_centre");
    d->draft.reason = GB_STR("because");
    fill(d, kind);
    if (before != NULL) { /* another decision under an id that was used */
        d->draft.id = before->decided.id;
        d->draft.town = before->decided.town;
    } else if (pick(d, 30) == 0) {
        d->draft.town = some_town(d);
    }
    gb_decision_write(&text, &d->draft);
    d->message->value = sim_copy(d->sim, gb_buf_str(&text));
    d->message->decided = (struct sim_decided){d->draft.id, d->draft.town, kind};
    gb_buf_close(&text);
    sign(d, false);
    expect(d, GB_ACCEPTED);
}

/* Not signed, or not by whom it says, or no decision. */
static void offend(struct desk *d)
{
    uint32_t how = pick(d, 3);

    compose(d);
    if (how == 0) {
        d->message->headers = NULL;
    } else if (how == 1) {
        sign(d, true);
    } else {
        d->message->value = GB_STR("{\"id\":\"x\",\"kind\":\"decree\"}");
        sign(d, false);
    }
    expect(d, GB_DEAD);
    d->message->decided = (struct sim_decided){.id = GB_STR_NONE};
}

void sim_desk_write(struct sim *sim, struct sim_message *message)
{
    struct desk d = {.sim = sim, .message = message};
    const struct sim_message *before;

    d.random = sim->plan.seed * 0x9e3779b97f4a7c15U + (uint64_t)message->offset + 77;
    (void)sim_mix(&d.random);
    d.lane = pick(&d, sim->plan.lanes);
    message->key = GB_STR("k");
    before = pick(&d, 10) == 0 ? sent_before(&d) : NULL;
    if (before != NULL) {
        repeat(&d, before);
    } else if (pick(&d, 20) == 0) {
        offend(&d);
    } else {
        compose(&d);
    }
    sim_trace(sim, "desk: %.*s", GB_STR_ARG(message->value));
}

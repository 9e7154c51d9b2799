/* Random scripts. Few rows and few values, so that reports meet. */
#include "laws.h"

#define T0 INT64_C(1795996800000) /* 2026-11-30T08:00:00+08:00 */

uint32_t law_draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % below;
}

void law_add(struct law_script *script, const struct law_step *step)
{
    GB_CHECK(script->count < LAW_STEPS_MAX);
    script->steps[script->count++] = *step;
}

static const char *state_of(uint64_t *seed, uint32_t row)
{
    static const char *const centre[] = {"REPORTED", "ACCEPTED", "RETURNED", "HANDLED", "CLOSED"};
    static const char *const others[] = {"REPORTED", "REPORTED", "CLOSED", "VOID"};

    return row / LAW_KEYS == 2 ? centre[law_draw(seed, 5)] : others[law_draw(seed, 4)];
}

static void random_image(uint64_t *seed, uint32_t row, struct law_image *image)
{
    static const char *const categories[] = {"MS01", "MS02", "MS02", "AQ05", "QT99",
                                             "SP02", "ZF01", "AQ03", "NY04", "NY04"};
    static const char *const levels[] = {NULL, NULL, "1", "3"};

    *image = (struct law_image){
        .category = categories[law_draw(seed, GB_COUNT(categories))],
        .state = state_of(seed, row),
        .level = levels[law_draw(seed, 4)],
        .village = law_draw(seed, 6) == 0,
        .occurred_at = T0 + (int64_t)law_draw(seed, 4) * 1800000,
        .deadline_at = law_draw(seed, 3) == 0 ? T0 + (int64_t)law_draw(seed, 3) * 86400000 : 0,
        .names = law_draw(seed, 2) == 0 ? (int32_t)law_draw(seed, LAW_ROWS) : -1,
        .attachment = law_draw(seed, 6) == 0 ? 1 + law_draw(seed, 2) : 0,
        .holder = law_draw(seed, 3) == 0 ? 1 + law_draw(seed, 2) : 0,
        .claims_lead = law_draw(seed, 2) == 0,
    };
    if (image->names == (int32_t)row) {
        image->names = -1;
    }
}

void law_random_report(struct law_script *script, uint64_t *seed)
{
    struct law_step step = {.kind = law_draw(seed, 12) == 0 ? LAW_REMOVE : LAW_REPORT,
                            .row = law_draw(seed, LAW_ROWS),
                            .column = script->count + 2};

    random_image(seed, step.row, &step.image);
    law_add(script, &step);
}

void law_random_ruling(struct law_script *script, uint64_t *seed)
{
    static const enum gb_decision_kind kinds[] = {
        GB_DECISION_LEAD_IS,   GB_DECISION_LEAD_IS,       GB_DECISION_TRANSFER,
        GB_DECISION_ESCALATE,  GB_DECISION_DUPLICATE,     GB_DECISION_DUPLICATE,
        GB_DECISION_NOT_DUPLICATE, GB_DECISION_SPLIT,     GB_DECISION_EXTEND};
    struct law_step step = {.kind = LAW_DECIDE};

    step.ruling = (struct law_ruling){.kind = kinds[law_draw(seed, GB_COUNT(kinds))],
                                      .row = law_draw(seed, LAW_ROWS),
                                      .other = law_draw(seed, LAW_ROWS),
                                      .to = (enum gb_role)law_draw(seed, GB_ROLE_COUNT),
                                      .overlap = law_draw(seed, 4) == 0 ? LAW_THE_MATTER
                                                                        : LAW_ANY_OPEN,
                                      .until = (int64_t)(1 + law_draw(seed, 9)) * 86400000};
    law_add(script, &step);
}

static void random_undo(struct law_script *script, uint64_t *seed)
{
    struct law_step step = {.kind = LAW_DECIDE, .ruling = {.kind = GB_DECISION_UNDO}};

    for (uint32_t tries = 0; tries < 8 && script->count > 0; tries++) {
        uint32_t n = law_draw(seed, script->count);

        if (script->steps[n].kind == LAW_DECIDE &&
            script->steps[n].ruling.kind != GB_DECISION_UNDO) {
            step.ruling.names = n;
            law_add(script, &step);
            return;
        }
    }
}

void law_random_script(struct law_script *script, uint64_t seed, bool with_bootstrap)
{
    static const int64_t gaps[] = {60000, 3600000, INT64_C(80) * 3600000, INT64_C(9) * 86400000};
    uint32_t length = 20 + law_draw(&seed, 60);

    *script = (struct law_script){.count = 0};
    while (script->count < length) {
        uint32_t dice = law_draw(&seed, 20);

        if (dice < 14) {
            law_random_report(script, &seed);
            script->steps[script->count - 1].image.is_bootstrap =
                with_bootstrap && law_draw(&seed, 5) == 0;
        } else if (dice < 17) {
            law_random_ruling(script, &seed);
        } else if (dice < 18) {
            random_undo(script, &seed);
        } else {
            law_add(script, &(struct law_step){.kind = LAW_TICK, .ms = gaps[law_draw(&seed, 4)]});
        }
    }
}

/* Random keys sort the stretch; each row's steps then take that row's places in their own order. */
static void shuffle_stretch(struct law_step *steps, uint32_t count, uint64_t *seed)
{
    struct law_step old[LAW_STEPS_MAX];
    bool is_used[LAW_STEPS_MAX] = {false};
    uint32_t order[LAW_STEPS_MAX];

    memcpy(old, steps, count * sizeof(old[0]));
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = law_draw(seed, i);
        uint32_t swap = order[i - 1];

        order[i - 1] = order[j];
        order[j] = swap;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = old[order[i]].row;
        uint32_t next = 0;

        while (is_used[next] || old[next].row != row) {
            next++;
        }
        is_used[next] = true;
        steps[i] = old[next];
    }
}

void law_shuffle(const struct law_script *script, uint64_t seed, struct law_script *out)
{
    uint32_t from = 0;

    *out = *script;
    while (from < out->count) {
        uint32_t to = from;

        while (to < out->count && out->steps[to].kind <= LAW_REMOVE) {
            to++;
        }
        shuffle_stretch(&out->steps[from], to - from, &seed);
        from = to + 1;
    }
}

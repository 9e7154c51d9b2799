/* What every run uses and none changes: two mappings, a refuse-list, a policy bundle. All of it as
 * short as the loaders allow, because lanes compile the bundle again and again. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "codec/policy_load.h"
#include "sim/sim.h"

static const char party_mapping[] =
    "version: 1\nsystem: party\nzone: \"+08:00\"\n"
    "envelope: {kind: debezium, schema: either, position: [lsn]}\n"
    "entities:\n  s.t:\n    entity: matter\n    key: [id]\n    replica_identity: full\n"
    "    version: {type: int, column: ver}\n    town: {column: town}\n    fields:\n"
    "      category: {type: code, column: cat}\n      state: {type: code, column: st}\n"
    "      village: {type: code, column: vil}\n      occurred_at: {type: int, column: at}\n"
    "      xref: {type: ref, column: ref, source: grid, entity: matter, optional: true}\n"
    "      attachments: {type: hashes, column: att, optional: true}\n"
    "    texts: {title: ttl}\n";

static const char grid_mapping[] =
    "version: 1\nsystem: grid\nzone: \"+08:00\"\nenvelope: {kind: canal}\n"
    "entities:\n  s.t:\n    entity: matter\n    key: [id]\n    replica_identity: full\n"
    "    version: {type: int, column: ver}\n    town: {column: town}\n    fields:\n"
    "      category: {type: code, column: cat}\n      state: {type: code, column: st}\n"
    "      village: {type: code, column: vil}\n      occurred_at: {type: int, column: at}\n"
    "      attachments: {type: hashes, column: att, optional: true}\n"
    "    texts: {title: ttl}\n";

static const char refuse_text[] = "version: 1\nclasses:\n  - class: petition\n    categories:\n"
                                  "      party: [secret]\n      grid: [secret]\n"
                                  "no_text:\n  party: []\n  grid: []\n";

#define T(literal) {(literal), sizeof(literal) - 1}

static const struct gb_file bundle_items[] = {
    {T("authority.yaml"), T("fields:\n  category: [grid, party]\n")},
    {T("bundle.yaml"), T("version: 1\nsources:\n"
                                   "  - {source: grid, network: grid, role: grid_worker}\n"
                                   "  - {source: party, network: party, role: key_family}\n")},
    {T("categories.yaml"), T("categories:\n  MS01: {zh: a, en: a, text: true}\n"
                                       "  AQ01: {zh: b, en: b, text: true}\n")},
    {T("crosswalk.csv"), T("source,field,code,canonical,valid_from,valid_until\n"
                                     "grid,category,1,MS01,,\ngrid,category,2,AQ01,,\n"
                                     "party,category,a,MS01,,\nparty,category,b,AQ01,,\n")},
    {T("deadlines.yaml"),
     T("contradiction_after: 1h\nescalate_after_returns: 2\ndeadlines:\n"
       "  - {id: L1, category: \"*\", accept: 2min, remind: 10min, handle: 30min,"
       " supervise: 1h, basis_zh: a, basis_en: a}\n")},
    {T("decisions.yaml"), T("claim: 10min\n")},
    {T("duties.yaml"),
     T("hit_policy: [category, territory, network, role, urgency, priority, order]\n"
       "unlisted: command_centre\nduties:\n"
       "  - {id: D1, category: \"MS*\", lead: key_family,"
       " hand_over: {to: grid_worker, failures: 1}, basis_zh: a, basis_en: a}\n")},
    {T("matching.yaml"), T("holder_window: 2h\ncell_window: 2h\n")},
    {T("states.yaml"),
     T("states:\n"
            "  - {source: grid, entity: matter, codes: {o: REPORTED, w: IN_PROGRESS, c: CLOSED,"
            " r: RETURNED}}\n"
            "  - {source: party, entity: matter, codes: {o: REPORTED, w: ACCEPTED, c: CLOSED,"
            " r: RETURNED}}\n")},
    {T("territory.csv"),
     T("code,name,level,parent\n32,p,province,\n3203,c,city,32\n320312,d,county,3203\n"
            "320312101,t1,town,320312\n320312101201,v,village,320312101\n"
            "320312102,t2,town,320312\n320312102201,v,village,320312102\n"
            "320312103,t3,town,320312\n320312103201,v,village,320312103\n"
            "320312104,t4,town,320312\n320312104201,v,village,320312104\n")},
    {T("writeback.yaml"),
     T("expires_after: 5min\ntries: 2\nsources:\n"
       "  - {source: grid, table: s.t, create: {when: [lead, assist], set: {"
       "cat: {from: category}, ref: {from: peer, source: party}}},"
       " update: {set: {dept: {from: lead},"
       " st: {from: state, codes: {CLOSED: c, ACCEPTED: w}}}}}\n"
       "  - {source: party, table: s.t, create: {when: [lead], set: {"
       "cat: {from: category}, ref: {from: peer, source: grid}}},"
       " update: {set: {ref: {from: peer, source: grid},"
       " st: {from: state, codes: {CLOSED: c, IN_PROGRESS: w}}}}}\n")},
};

#define ITEMS GB_COUNT(bundle_items)

/* The second bundle is the first with another duty list and four eyes. */
static const struct gb_file others[] = {
    {T("decisions.yaml"), T("four_eyes: [transfer]\nclaim: 1h\n")},
    {T("duties.yaml"),
     T("hit_policy: [category, territory, network, role, urgency, priority, order]\n"
       "unlisted: command_centre\nduties:\n"
       "  - {id: D2, category: \"*\", lead: grid_worker, forbidden: [department],"
       " basis_zh: b, basis_en: b}\n")}};

static struct gb_door *doors[SIM_LANES_MAX + 1];
static struct gb_arena policy_arenas[SIM_POLICIES_MAX];
static const struct gb_policy *policies[SIM_POLICIES_MAX];

static _Noreturn void give_up(const char *what, struct gb_mistakes *mistakes)
{
    (void)fprintf(stderr, "gridbridge-sim: %s: %.*s\n", what, (int)mistakes->lines.len,
                  mistakes->lines.bytes);
    exit(2);
}

const struct gb_door *sim_door(uint32_t lanes)
{
    struct gb_file party_file = {GB_STR("mapping.yaml"), GB_STR(party_mapping)};
    struct gb_file grid_file = {GB_STR("mapping.yaml"), GB_STR(grid_mapping)};
    struct gb_file refuse = {GB_STR("refuse.yaml"), GB_STR(refuse_text)};
    struct gb_files adapters[] = {{&party_file, 1}, {&grid_file, 1}};
    struct gb_files none = {NULL, 0};
    struct gb_door_source sources[] = {
        {.name = GB_STR("party"),
         .topic = GB_STR("party.t"),
         .is_live = true,
         .adapter = &adapters[0],
         .lookups = &none},
        {.name = GB_STR("grid"),
         .topic = GB_STR("grid.t"),
         .is_live = true,
         .adapter = &adapters[1],
         .lookups = &none}};
    struct gb_gateway gateway = {.id = GB_STR(SIM_GATEWAY)};
    struct gb_door_config config = {.decision_topic = GB_STR("gb.decision.in"),
                                    .gateways = {&gateway, 1},
                                    .cluster = GB_STR(SIM_CLUSTER),
                                    .salt = GB_STR("0123456789abcdef"),
                                    .join_key = GB_STR("fedcba9876543210"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = lanes,
                                    .refuse = &refuse,
                                    .sources = sources,
                                    .sources_count = GB_COUNT(sources)};
    struct gb_mistakes mistakes = {0};

    if (doors[lanes] == NULL) {
        sim_desk_key(gateway.key);
        doors[lanes] = gb_door_new(&config, &mistakes);
    }
    if (doors[lanes] == NULL) {
        give_up("door", &mistakes);
    }
    return doors[lanes];
}

/* Slots with a hole, as a registry has them whose second source belongs to nobody here. */
const struct gb_topics *sim_topics(void)
{
    static struct gb_arena arena;
    static struct gb_topics topics;

    if (!gb_str_is(topics.words[0])) {
        gb_arena_init(&arena, 1 << 16);
        gb_topics_init(&topics);
        gb_topics_bind(&topics, &arena, SIM_SLOT_GRID, GB_STR("grid"));
        gb_topics_bind(&topics, &arena, SIM_SLOT_PARTY, GB_STR("party"));
        for (int t = 0; t < GB_TOPIC_COUNT; t++) {
            topics.streams[t] = gb_str_is(topics.words[t])
                                    ? GB_STR("00112233445566778899aabbccddeeff")
                                    : GB_STR_NONE;
        }
    }
    return &topics;
}

const struct gb_files *sim_bundle_files(uint32_t number)
{
    static struct gb_file items[SIM_POLICIES_MAX][ITEMS];
    static struct gb_files bundles[SIM_POLICIES_MAX];

    for (size_t i = 0; bundles[number].items == NULL && i < ITEMS; i++) {
        items[number][i] = bundle_items[i];
        for (size_t o = 0; number > 0 && o < GB_COUNT(others); o++) {
            if (gb_str_eq(bundle_items[i].name, others[o].name)) {
                items[number][i] = others[o];
            }
        }
    }
    bundles[number] = (struct gb_files){items[number], ITEMS};
    return &bundles[number];
}

const struct gb_policy *sim_bundle_policy(uint32_t number)
{
    struct gb_mistakes mistakes = {0};

    if (policies[number] == NULL) {
        gb_arena_init(&policy_arenas[number], (size_t)64 << 20);
        policies[number] =
            gb_policy_load(&policy_arenas[number], sim_bundle_files(number), &mistakes);
    }
    if (policies[number] == NULL) {
        give_up("bundle", &mistakes);
    }
    return policies[number];
}

void sim_shared_close(void)
{
    for (uint32_t i = 0; i <= SIM_LANES_MAX; i++) {
        if (doors[i] != NULL) {
            gb_door_free(doors[i]);
            doors[i] = NULL;
        }
    }
    for (uint32_t i = 0; i < SIM_POLICIES_MAX; i++) {
        if (policies[i] != NULL) {
            gb_arena_close(&policy_arenas[i]);
            policies[i] = NULL;
        }
    }
}

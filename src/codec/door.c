/* The door: which reader, which envelope, and rows for everything that cannot be opened. */
#include "codec/door.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "codec/door_build.h"
#include "codec/json.h"

#define DOOR_ARENA_MAX ((size_t)256 << 20)

static void mistake_at(struct gb_mistakes *mistakes, struct gb_str file, const char *what)
{
    struct gb_yaml at = {.file = file, .line = 1, .col = 1};

    gb_yaml_mistake(mistakes, &at, "%s", what);
}

static bool read_source(struct gb_door *door, const struct gb_door_source *source,
                        struct gb_door_reader *reader, struct gb_mistakes *mistakes)
{
    const struct gb_file *file = gb_files_get(source->adapter, GB_STR("mapping.yaml"));
    struct gb_mapping_read r = {.arena = &door->arena,
                                .mistakes = mistakes,
                                .lookups = source->lookups,
                                .refuse = door->refuse,
                                .folder = source->adapter_folder,
                                .lookups_folder = source->lookups_folder};

    if (file == NULL) {
        mistake_at(mistakes,
                   gb_str_is(source->adapter_folder) ? source->adapter_folder : source->name,
                   "the adapter has no mapping.yaml");
        return false;
    }
    reader->name = gb_arena_str(&door->arena, source->name);
    reader->topic = gb_arena_str(&door->arena, source->topic);
    reader->drift = gb_arena_take(&door->arena, GB_DRIFT_MAX * sizeof(*reader->drift));
    reader->mapping = gb_mapping_read_file(&r, file);
    return reader->mapping != NULL;
}

static void take_gateways(struct gb_door *door, const struct gb_door_config *config)
{
    size_t count = config->gateways.count;
    struct gb_gateway *items = gb_arena_take(&door->arena, (count + 1) * sizeof(*items));

    for (size_t i = 0; i < count; i++) {
        items[i] = config->gateways.items[i];
        items[i].id = gb_arena_str(&door->arena, items[i].id);
    }
    door->gateways = (struct gb_gateways){items, count};
    door->decision_topic = gb_arena_str(&door->arena, config->decision_topic);
    door->result_topic = gb_arena_str(&door->arena, config->result_topic);
}

/* Another topic of the source before it: one mapping reads both. */
static bool is_same_source(const struct gb_door_source *sources, size_t i)
{
    return i > 0 && gb_str_eq(sources[i].name, sources[i - 1].name) &&
           sources[i].adapter == sources[i - 1].adapter &&
           sources[i].lookups == sources[i - 1].lookups;
}

static bool read_all(struct gb_door *door, const struct gb_door_config *config,
                     struct gb_mistakes *mistakes)
{
    bool ok = true;

    if (config->refuse == NULL) {
        mistake_at(mistakes, GB_STR("refuse.yaml"),
                   "missing: without a refuse-list nothing comes in");
        return false;
    }
    door->refuse = gb_refuse_read(&door->arena, config->refuse, mistakes);
    if (door->refuse == NULL) {
        return false;
    }
    door->readers =
        gb_arena_take(&door->arena, (config->sources_count + 1) * sizeof(*door->readers));
    door->readers_count = config->sources_count;
    for (size_t i = 0; i < config->sources_count; i++) {
        if (is_same_source(config->sources, i) && door->readers[i - 1].mapping != NULL) {
            door->readers[i] = door->readers[i - 1];
            door->readers[i].topic = gb_arena_str(&door->arena, config->sources[i].topic);
            door->readers[i].is_shared = true;
            continue;
        }
        ok = read_source(door, &config->sources[i], &door->readers[i], mistakes) && ok;
    }
    return ok;
}

static struct gb_key own_key(struct gb_arena *arena, const struct gb_key *key)
{
    return (struct gb_key){.id = gb_arena_str(arena, key->id),
                           .alg = key->alg,
                           .bytes = gb_arena_str(arena, key->bytes)};
}

static int by_name(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_member *)a)->name, ((const struct gb_member *)b)->name);
}

/* A source has one mode, whatever its topics. */
static void take_modes(struct gb_door *door, const struct gb_door_config *config)
{
    struct gb_member *members =
        gb_arena_take(&door->arena, (config->sources_count + 1) * sizeof(members[0]));
    uint32_t count = 0;

    for (size_t i = 0; i < config->sources_count; i++) {
        const struct gb_door_source *source = &config->sources[i];
        uint32_t at = 0;

        while (at < count && !gb_str_eq(members[at].name, source->name)) {
            at++;
        }
        if (at == count) {
            members[count++] = (struct gb_member){
                gb_arena_str(&door->arena, source->name),
                {.type = GB_STRING, .text = source->is_live ? GB_STR("live") : GB_STR("shadow")}};
        }
    }
    qsort(members, count, sizeof(members[0]), by_name);
    door->modes = (struct gb_value){.type = GB_OBJECT, .count = count, .members = members};
}

const struct gb_value *gb_door_modes(const struct gb_door *door)
{
    return &door->modes;
}

struct gb_door *gb_door_new(const struct gb_door_config *config, struct gb_mistakes *mistakes)
{
    struct gb_door *door = calloc(1, sizeof(*door));

    GB_CHECK(door != NULL && config->lanes_count > 0);
    gb_arena_init(&door->arena, DOOR_ARENA_MAX);
    door->cluster = gb_arena_str(&door->arena, config->cluster);
    door->salt = gb_arena_str(&door->arena, config->salt);
    door->join = own_key(&door->arena, &(struct gb_key){.id = config->join_key_id,
                                                        .alg = config->join_alg,
                                                        .bytes = config->join_key});
    door->join_was = own_key(&door->arena, &config->join_was);
    door->counts = gb_arena_take(&door->arena, sizeof(*door->counts));
    door->lanes_count = config->lanes_count;
    take_gateways(door, config);
    take_modes(door, config);
    if (!read_all(door, config, mistakes)) {
        gb_door_free(door);
        return NULL;
    }
    return door;
}

void gb_door_free(struct gb_door *door)
{
    if (door == NULL) {
        return;
    }
    for (size_t i = 0; i < door->readers_count; i++) {
        if (door->readers[i].mapping != NULL && !door->readers[i].is_shared) {
            gb_mapping_close(door->readers[i].mapping);
        }
    }
    gb_arena_close(&door->arena);
    free(door);
}

struct gb_str gb_door_hash(const struct gb_door *door, const struct gb_source_record *in,
                           struct gb_arena *arena)
{
    struct gb_str parts[3] = {door->salt, in->key, in->value};
    struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, 3);

    return gb_hash_hex(arena, &hash);
}

struct gb_str gb_door_mapping_hash(const struct gb_door *door, struct gb_str source,
                                   struct gb_str topic)
{
    for (size_t i = 0; i < door->readers_count; i++) {
        if (gb_str_eq(door->readers[i].name, source) && gb_str_eq(door->readers[i].topic, topic)) {
            return door->readers[i].mapping->hash;
        }
    }
    return GB_STR_NONE;
}

struct gb_str gb_door_refuse_hash(const struct gb_door *door)
{
    return door->refuse->hash;
}

uint32_t gb_lane_of_town(struct gb_str town, uint32_t lanes_count)
{
    return (uint32_t)(gb_fnv1a(town) % lanes_count);
}

struct gb_record *gb_opening_row(struct gb_opening *o)
{
    struct gb_door_row *row = &o->rows->items[o->rows->count];
    struct gb_record *rec = &row->record;

    *row = (struct gb_door_row){0};
    rec->kind = GB_KIND_OBSERVATION;
    rec->town = GB_STR("");
    rec->src = (struct gb_coord){o->door->cluster, o->in->topic, o->in->partition, o->in->offset,
                                 (int32_t)o->rows->count,
                                 (int64_t)(o->in->key.len + o->in->value.len)};
    rec->verdict = GB_ACCEPTED;
    rec->bootstrap = o->changes.bootstrap;
    rec->h_src = o->h_src;
    rec->h_refuse = o->door->refuse->hash;
    if (o->reader != NULL) {
        rec->source = o->reader->name;
        rec->h_map = o->reader->mapping->hash;
    }
    o->rows->count++;
    return rec;
}

void gb_opening_dead(struct gb_opening *o, struct gb_record *rec, const struct gb_err *err)
{
    rec->verdict = GB_DEAD;
    rec->reason = gb_str_of(gb_status_word(err->status));
    rec->detail = gb_arena_str(o->arena, gb_str_of(err->text));
}

static void take_rows(struct gb_opening *o, size_t count)
{
    o->rows->items = gb_arena_take(o->arena, count * sizeof(*o->rows->items));
    o->rows->count = 0;
}

static void ignore(struct gb_opening *o, struct gb_str reason)
{
    struct gb_record *rec = gb_opening_row(o);

    rec->verdict = GB_IGNORED;
    rec->reason = reason;
}

/* Rows of a table that nobody maps: refused where the list knows it, else ignored. */
static void ignore_message(struct gb_opening *o)
{
    struct gb_str refused = gb_str_is(o->changes.table)
                                ? gb_refuse_table(o->door->refuse, o->changes.table)
                                : GB_STR_NONE;

    ignore(o, o->changes.ignored);
    if (gb_str_is(refused)) {
        o->rows->items[0].record.verdict = GB_REFUSED;
        o->rows->items[0].record.reason = refused;
        gb_guard_count_class(o->door, refused);
    }
}

enum gb_status gb_opening_envelope(struct gb_opening *o, struct gb_err *err)
{
    struct gb_value *message = gb_arena_take(o->arena, sizeof(*message));
    struct gb_envelope_in in = {o->arena, o->reader->mapping, o->in, NULL};

    if (gb_str_is(o->in->value)) {
        enum gb_status status = gb_json_view(o->arena, o->in->value, message, err);

        if (status != GB_OK) {
            return status;
        }
        in.message = message;
    }
    return gb_envelope_open(&in, &o->changes, err);
}

/* The message as a whole is dead; of which entity is known where the envelope got that far. */
static void dead_message(struct gb_opening *o, const struct gb_err *err)
{
    struct gb_record *rec = gb_opening_row(o);

    if (err->status == GB_TABLE_TRUNCATED) {
        rec->entity = o->changes.entity->entity;
    }
    gb_opening_dead(o, rec, err);
}

/* Asked before a byte is looked at. */
static enum gb_status check_len(const struct gb_opening *o, struct gb_err *err)
{
    size_t key = o->in->key.len, value = o->in->value.len;

    return key <= GB_SOURCE_BYTES_MAX && value <= GB_SOURCE_BYTES_MAX
               ? GB_OK
               : gb_fail(err, GB_TOO_LARGE, "expected up to %u bytes, found %zu",
                         GB_SOURCE_BYTES_MAX, key > value ? key : value);
}

static void open_value(struct gb_opening *o)
{
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (check_len(o, &err) != GB_OK || gb_opening_envelope(o, &err) != GB_OK ||
        gb_guard_position(o, &err) != GB_OK) {
        dead_message(o, &err);
        return;
    }
    if (gb_str_is(o->changes.ignored)) {
        ignore_message(o);
        return;
    }
    if (!gb_arena_fits(o->arena,
                       o->changes.count * o->changes.entity->need + 4 * o->in->value.len)) {
        (void)gb_fail(&err, GB_TOO_LARGE, "the record has more rows than the batch's memory");
        dead_message(o, &err);
        return;
    }
    take_rows(o, GB_ROWS_OF_CHANGE * o->changes.count);
    for (size_t i = 0; i < o->changes.count; i++) {
        gb_opening_change(o, &o->changes.items[i]);
    }
}

/* Why the topic holds no rows by configuration, or absent. */
static struct gb_str side_of(const struct gb_mapping *mapping, struct gb_str topic)
{
    static const char *const words[] = {[GB_SIDE_HEARTBEAT] = "heartbeat",
                                        [GB_SIDE_TRANSACTION] = "transaction",
                                        [GB_SIDE_DDL] = "ddl",
                                        [GB_SIDE_MESSAGE] = "message"};

    for (int i = 0; i < GB_SIDES; i++) {
        if (gb_envelope_fits(mapping->envelope.sides[i], topic)) {
            return gb_str_of(words[i]);
        }
    }
    return GB_STR_NONE;
}

static void choose_lanes(struct gb_opening *o)
{
    char partition[GB_DIGITS_MAX];

    for (size_t i = 0; i < o->rows->count; i++) {
        struct gb_str where = o->rows->items[i].record.town;

        if (where.len == 0) {
            where = GB_JOIN(o->arena, o->in->topic, GB_STR("/"),
                            gb_int_text(partition, o->in->partition));
        }
        o->rows->items[i].lane = gb_lane_of_town(where, o->door->lanes_count);
    }
}

static const struct gb_door_reader *reader_of(const struct gb_door *door, struct gb_str topic)
{
    for (size_t i = 0; i < door->readers_count; i++) {
        if (gb_envelope_fits(door->readers[i].topic, topic)) {
            return &door->readers[i];
        }
    }
    return NULL;
}

void gb_opening_begin(struct gb_opening *o, const struct gb_door *door,
                      const struct gb_source_record *in, struct gb_arena *arena)
{
    *o = (struct gb_opening){
        .door = door, .reader = reader_of(door, in->topic), .in = in, .arena = arena};
}

void gb_door_open(const struct gb_door *door, const struct gb_source_record *in,
                  struct gb_str salt_seed, struct gb_arena *arena, struct gb_door_rows *rows)
{
    struct gb_opening o;

    gb_opening_begin(&o, door, in, arena);
    o.salt_seed = salt_seed;
    o.h_src = gb_door_hash(door, in, arena);
    o.rows = rows;
    take_rows(&o, 1);
    if (gb_str_is(door->decision_topic) && gb_str_eq(door->decision_topic, in->topic)) {
        gb_opening_decision(&o);
    } else if (gb_str_is(door->result_topic) && gb_str_eq(door->result_topic, in->topic)) {
        gb_opening_result(&o);
    } else if (o.reader == NULL) {
        ignore(&o, GB_STR("foreign_topic"));
    } else if (gb_str_is(side_of(o.reader->mapping, in->topic))) {
        ignore(&o, side_of(o.reader->mapping, in->topic));
    } else if (!gb_str_is(in->value) &&
               o.reader->mapping->envelope.kind != GB_ENVELOPE_PLAIN) {
        ignore(&o, GB_STR("tombstone"));
    } else {
        open_value(&o);
    }
    GB_CHECK(rows->count > 0);
    choose_lanes(&o);
}

/* See the header. Members are checked by a table; the fields that go on are those of the table, in
 * canonical order, so that a lane's line holds nothing that nobody asked for. */
#include "codec/decision.h"

#include "base/hash.h"
#include "codec/json.h"
#include "core/decision.h"
#include "core/duty.h"

#define ID_LEN_MAX 64U
#define REASON_LEN_MAX 2000U
#define BASIS_LEN_MAX 500U
#define TIME_MAX INT64_C(253402300800000) /* the year 10000 */

/* ---- who sent it ---- */

static struct gb_str header_of(const struct gb_source_record *in, struct gb_str name)
{
    for (size_t i = 0; i < in->headers_count; i++) {
        if (gb_str_eq(in->headers[i].name, name)) {
            return in->headers[i].value;
        }
    }
    return GB_STR_NONE;
}

static enum gb_status check_signature(const struct gb_gateways *gateways,
                                      const struct gb_source_record *in, struct gb_err *err)
{
    struct gb_str id = header_of(in, GB_STR("gb_gateway"));
    struct gb_str hex = header_of(in, GB_STR("gb_signature"));
    uint8_t signature[GB_SIGN_LEN];

    if (!gb_str_is(id) || !gb_str_is(hex)) {
        return gb_fail(err, GB_BAD_SIGNATURE,
                       "not signed: expected headers gb_gateway and gb_signature");
    }
    if (!gb_unhex(signature, sizeof(signature), hex)) {
        return gb_fail(err, GB_BAD_SIGNATURE, "header gb_signature: expected %u hex digits",
                       2 * GB_SIGN_LEN);
    }
    for (size_t i = 0; i < gateways->count; i++) {
        if (gb_str_eq(gateways->items[i].id, id)) {
            return gb_sign_is_valid(gateways->items[i].key, in->value, signature)
                       ? GB_OK
                       : gb_fail(err, GB_BAD_SIGNATURE,
                                 "header gb_signature: not made by that gateway over this value");
        }
    }
    return gb_fail(err, GB_BAD_SIGNATURE, "header gb_gateway: no such gateway is configured");
}

/* ---- what it says ---- */

static bool is_word(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            c != '-' && c != '_' && c != '.' && c != ':') {
            return false;
        }
    }
    return text.len > 0 && text.len <= ID_LEN_MAX;
}

static bool is_digits(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

static bool is_town(struct gb_str text)
{
    return text.len == 9 && is_digits(text);
}

/* "role" or "role:unit". */
static bool is_post(struct gb_str text)
{
    const char *colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
    struct gb_str role = text;

    if (colon != NULL) {
        role.len = (size_t)(colon - text.ptr);
    }
    return is_word(text) && gb_role_of(role) != GB_ROLE_COUNT &&
           (colon == NULL || role.len + 1 < text.len);
}

static bool is_report(struct gb_str text)
{
    size_t slashes = 0;

    for (size_t i = 0; i < text.len; i++) {
        slashes += text.ptr[i] == '/';
    }
    return text.len > 0 && text.len <= 300 && slashes >= 2;
}

static bool is_kind(struct gb_str text)
{
    return gb_decision_of(text) != GB_DECISION_KIND_COUNT;
}

static bool is_basis(struct gb_str text)
{
    return text.len > 0 && text.len <= BASIS_LEN_MAX;
}

static bool is_reason(struct gb_str text)
{
    return text.len > 0 && text.len <= REASON_LEN_MAX;
}

/* String members in canonical order. */
static const struct {
    struct gb_str name;
    bool (*is_good)(struct gb_str text);
    const char *expected;
    bool is_needed;
    uint32_t need; /* bit of core/decision.h that asks for it */
} strings[] = {
    {{"basis", 5}, is_basis, "up to 500 bytes", false, 0},
    {{"decision", 8}, is_word, "the id of a decision", false, GB_NEEDS_DECISION},
    {{"id", 2}, is_word, "1 to 64 letters, digits, - _ . :", true, 0},
    {{"kind", 4}, is_kind, "a kind of decision", true, 0},
    {{"matter", 6}, is_word, "the id of a matter", false, GB_NEEDS_MATTER},
    {{"other", 5}, is_word, "the id of another matter", false, GB_NEEDS_OTHER},
    {{"overlap", 7}, is_word, "the id of an overlap", false, 0},
    {{"reason", 6}, is_reason, "1 to 2000 bytes", true, 0},
    {{"report", 6}, is_report, "source/entity/key", false, GB_NEEDS_REPORT},
    {{"to", 2}, is_post, "a role, or role:unit", false, GB_NEEDS_TO},
    {{"town", 4}, is_town, "9 digits", true, 0},
};

struct reading {
    const struct gb_value *value;
    uint32_t needs;
    struct gb_err *err;
};

static enum gb_status check_string(const struct reading *r, size_t i)
{
    const struct gb_value *v = gb_value_get(r->value, strings[i].name);
    bool is_needed = strings[i].is_needed || (strings[i].need & r->needs) != 0;

    if (v == NULL) {
        return is_needed ? gb_fail(r->err, GB_BAD_DECISION, "$.%s: missing; expected %s",
                                   strings[i].name.ptr, strings[i].expected)
                         : GB_OK;
    }
    return v->type == GB_STRING && strings[i].is_good(v->text)
               ? GB_OK
               : gb_fail(r->err, GB_BAD_DECISION, "$.%s: expected %s", strings[i].name.ptr,
                         strings[i].expected);
}

static bool is_number(const struct gb_value *v, int64_t max)
{
    return v != NULL && v->type == GB_INT && v->number >= 1 && v->number <= max;
}

static enum gb_status check_numbers(const struct reading *r)
{
    const struct gb_value *until = gb_value_get(r->value, GB_STR("until"));
    const struct gb_value *version = gb_value_get(r->value, GB_STR("version"));

    if ((until != NULL || (r->needs & GB_NEEDS_UNTIL) != 0) && !is_number(until, TIME_MAX)) {
        return gb_fail(r->err, GB_BAD_DECISION, "$.until: expected milliseconds since 1970");
    }
    if (version != NULL && !is_number(version, INT64_C(1) << 53)) {
        return gb_fail(r->err, GB_BAD_DECISION, "$.version: expected a number from 1");
    }
    if (gb_value_get(r->value, GB_STR("overlap")) != NULL && version == NULL) {
        return gb_fail(r->err, GB_BAD_DECISION,
                       "$.version: missing; expected the version of the overlap that was seen");
    }
    return GB_OK;
}

static enum gb_status check_overlaps(const struct reading *r)
{
    const struct gb_value *list = gb_value_get(r->value, GB_STR("overlaps"));

    if (list == NULL) {
        return GB_OK;
    }
    if (list->type != GB_ARRAY || list->count == 0 || list->count > GB_DECISION_OVERLAPS_MAX) {
        return gb_fail(r->err, GB_BAD_DECISION, "$.overlaps: expected 1 to %u of them",
                       GB_DECISION_OVERLAPS_MAX);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct gb_value *item = &list->items[i];

        if (item->type != GB_OBJECT || item->count != 2 ||
            !is_word(gb_value_str(item, GB_STR("overlap"))) ||
            !is_number(gb_value_get(item, GB_STR("version")), INT64_C(1) << 53)) {
            return gb_fail(r->err, GB_BAD_DECISION,
                           "$.overlaps[%u]: expected {overlap, version}", i);
        }
    }
    return GB_OK;
}

static enum gb_status check_actor(const struct reading *r)
{
    const struct gb_value *actor = gb_value_get(r->value, GB_STR("actor"));

    if (actor == NULL || actor->type != GB_OBJECT || actor->count != 2 ||
        !is_word(gb_value_str(actor, GB_STR("post"))) ||
        gb_role_of(gb_value_str(actor, GB_STR("role"))) == GB_ROLE_COUNT) {
        return gb_fail(r->err, GB_BAD_DECISION,
                       "$.actor: expected {post, role}, role one of the duty list's");
    }
    return GB_OK;
}

static enum gb_status check_target(const struct reading *r)
{
    bool has_overlap = gb_value_get(r->value, GB_STR("overlap")) != NULL;
    bool has_overlaps = gb_value_get(r->value, GB_STR("overlaps")) != NULL;
    bool has_matter = gb_value_get(r->value, GB_STR("matter")) != NULL;
    uint32_t count = (uint32_t)has_overlap + has_overlaps + has_matter;

    if ((r->needs & GB_NEEDS_OVERLAP) != 0 && (has_matter || count != 1)) {
        return gb_fail(r->err, GB_BAD_DECISION, "$: expected overlap with version, or overlaps");
    }
    if ((r->needs & GB_NEEDS_TARGET) != 0 && count != 1) {
        return gb_fail(r->err, GB_BAD_DECISION,
                       "$: expected one of matter, overlap with version, overlaps");
    }
    return GB_OK;
}

static bool is_known(struct gb_str name)
{
    static const struct gb_str others[] = {
        {"actor", 5}, {"overlaps", 8}, {"until", 5}, {"version", 7}};

    for (size_t i = 0; i < GB_COUNT(strings); i++) {
        if (gb_str_eq(strings[i].name, name)) {
            return true;
        }
    }
    for (size_t i = 0; i < GB_COUNT(others); i++) {
        if (gb_str_eq(others[i], name)) {
            return true;
        }
    }
    return false;
}

static enum gb_status check(struct reading *r)
{
    enum gb_status status = GB_OK;

    if (r->value->type != GB_OBJECT) {
        return gb_fail(r->err, GB_BAD_DECISION, "$: expected an object");
    }
    for (uint32_t i = 0; i < r->value->count; i++) {
        if (!is_known(r->value->members[i].name)) {
            return gb_fail(r->err, GB_BAD_DECISION, "$: member %u is not one of a decision's", i);
        }
    }
    if (is_kind(gb_value_str(r->value, GB_STR("kind")))) {
        r->needs = gb_decision_needs(gb_decision_of(gb_value_str(r->value, GB_STR("kind"))));
    }
    for (size_t i = 0; i < GB_COUNT(strings) && status == GB_OK; i++) {
        status = check_string(r, i);
    }
    status = status == GB_OK ? check_numbers(r) : status;
    status = status == GB_OK ? check_overlaps(r) : status;
    status = status == GB_OK ? check_actor(r) : status;
    return status == GB_OK ? check_target(r) : status;
}

/* ---- what goes on ---- */

static int by_name(const struct gb_member *a, const struct gb_member *b)
{
    return gb_str_cmp(a->name, b->name);
}

/* A copy of value with the members of its objects in canonical order. */
static struct gb_value canonical(struct gb_arena *arena, const struct gb_value *value)
{
    struct gb_value copy = *value;

    if (value->type == GB_ARRAY) {
        struct gb_value *items = gb_arena_take(arena, value->count * sizeof(*items));

        for (uint32_t i = 0; i < value->count; i++) {
            items[i] = canonical(arena, &value->items[i]);
        }
        copy.items = items;
    } else if (value->type == GB_OBJECT) {
        struct gb_member *members = gb_arena_take(arena, value->count * sizeof(*members));

        for (uint32_t i = 0; i < value->count; i++) {
            struct gb_member member = {value->members[i].name,
                                       canonical(arena, &value->members[i].value)};
            uint32_t at = i;

            for (; at > 0 && by_name(&member, &members[at - 1]) < 0; at--) {
                members[at] = members[at - 1];
            }
            members[at] = member;
        }
        copy.members = members;
    }
    return copy;
}

static void take(struct gb_arena *arena, const struct gb_value *value,
                 struct gb_decision_read *decision)
{
    struct gb_value all = canonical(arena, value);
    struct gb_member *members = gb_arena_take(arena, (all.count + 1U) * sizeof(*members));
    uint32_t count = 0;

    for (uint32_t i = 0; i < all.count; i++) {
        if (!gb_str_eq(all.members[i].name, GB_STR("reason"))) {
            members[count++] = all.members[i];
        }
    }
    decision->town = gb_value_str(value, GB_STR("town"));
    decision->id = gb_value_str(value, GB_STR("id"));
    decision->reason = gb_value_str(value, GB_STR("reason"));
    decision->fields = (struct gb_value){.type = GB_OBJECT, .count = count, .members = members};
}

enum gb_status gb_decision_read(struct gb_arena *arena, const struct gb_gateways *gateways,
                                const struct gb_source_record *in,
                                struct gb_decision_read *decision, struct gb_err *err)
{
    struct gb_value value;
    struct reading r = {.value = &value, .err = err};
    enum gb_status status = check_signature(gateways, in, err);

    status = status == GB_OK ? gb_json_parse(arena, in->value, &value, err) : status;
    status = status == GB_OK ? check(&r) : status;
    if (status == GB_OK) {
        take(arena, &value, decision);
    }
    return status;
}

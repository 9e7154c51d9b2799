/* The duty list's index: scopes in buckets by category and territory, found by hash, best first. */
#include "core/duty.h"

#include <stdlib.h>

#include "base/check.h"

struct gb_str gb_role_word(enum gb_role role)
{
    static const struct gb_str words[] = {
#define X(name, word) {word, sizeof(word) - 1},
        GB_ROLE_LIST(X)
#undef X
    };

    GB_CHECK(role < GB_ROLE_COUNT);
    return words[role];
}

enum gb_role gb_role_of(struct gb_str word)
{
    enum gb_role role = (enum gb_role)0;

    while (role < GB_ROLE_COUNT && !gb_str_eq(gb_role_word(role), word)) {
        role++;
    }
    return role;
}

uint32_t gb_urgency_of(struct gb_str word)
{
    static const struct gb_str words[] = {{"critical", 8}, {"urgent", 6}, {"normal", 6}};

    for (uint32_t i = 0; i < GB_COUNT(words); i++) {
        if (gb_str_eq(word, words[i])) {
            return i + 1;
        }
    }
    return word.len == 1 && word.ptr[0] >= '1' && word.ptr[0] <= '4' ? (uint32_t)(word.ptr[0] - '0')
                                                                     : 0;
}

struct gb_str gb_duty_word(enum gb_duty_kind kind)
{
    static const struct gb_str words[] = {
#define X(name) {#name, sizeof(#name) - 1},
        GB_DUTY_LIST(X)
#undef X
    };

    GB_CHECK(kind < GB_DUTY_KIND_COUNT);
    return words[kind];
}

const struct gb_duty_part *gb_duty_lead(const struct gb_duty *duty)
{
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (duty->parts[i].kind == GB_DUTY_LEAD) {
            return &duty->parts[i];
        }
    }
    return NULL;
}

bool gb_duty_decides(const struct gb_duty *duty)
{
    return duty->no_lead != GB_LEAD_NAMED || gb_duty_lead(duty) != NULL;
}

bool gb_duty_forbids(const struct gb_duty *duty)
{
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (duty->parts[i].kind == GB_DUTY_FORBIDDEN) {
            return true;
        }
    }
    return false;
}

/* The pattern without its star. */
static struct gb_str stem_of(struct gb_str pattern)
{
    if (pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*') {
        pattern.len--;
    }
    return pattern;
}

static bool is_open(struct gb_str pattern)
{
    return stem_of(pattern).len < pattern.len;
}

bool gb_duty_covers(struct gb_str pattern, struct gb_str code)
{
    struct gb_str stem = stem_of(pattern);

    return code.len >= stem.len && (is_open(pattern) || code.len == stem.len) &&
           (stem.len == 0 || memcmp(stem.ptr, code.ptr, stem.len) == 0);
}

int gb_duty_order(const struct gb_duty *a, const struct gb_duty *b)
{
    if (a->has_network != b->has_network) {
        return a->has_network ? -1 : 1;
    }
    if (a->has_role != b->has_role) {
        return a->has_role ? -1 : 1;
    }
    if (a->has_urgency != b->has_urgency) {
        return a->has_urgency ? -1 : 1;
    }
    return (a->priority < b->priority) - (a->priority > b->priority);
}

int gb_duty_place_order(const struct gb_duty_place *a, const struct gb_duty_place *b)
{
    struct gb_str x = stem_of(a->scope->category);
    struct gb_str y = stem_of(b->scope->category);

    if (x.len != y.len) {
        return x.len > y.len ? -1 : 1;
    }
    if (is_open(a->scope->category) != is_open(b->scope->category)) {
        return is_open(b->scope->category) ? -1 : 1;
    }
    x = stem_of(a->scope->territory);
    y = stem_of(b->scope->territory);
    if (x.len != y.len) {
        return x.len > y.len ? -1 : 1;
    }
    return gb_duty_order(a->duty, b->duty);
}

bool gb_duty_fits(const struct gb_duty *duty, const struct gb_duty_query *query)
{
    bool has_source = query->source < GB_SOURCES_MAX
                          ? (duty->sources >> query->source & 1U) != 0
                          : duty->sources == UINT64_MAX;

    return has_source && (duty->urgencies >> query->urgency & 1U) != 0 &&
           duty->valid_from <= query->at && query->at < duty->valid_until;
}

/* FNV-1a, 64 bit: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_START 0xcbf29ce484222325U

static uint64_t fnv(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3U;
    }
    return hash;
}

static uint64_t hash_category(struct gb_str stem, bool is_pattern)
{
    return fnv(fnv(FNV_START, stem.ptr, stem.len), is_pattern ? "*" : "=", 1);
}

static uint64_t hash_of(const struct gb_duty_scope *scope)
{
    struct gb_str territory = stem_of(scope->territory);

    return fnv(hash_category(stem_of(scope->category), is_open(scope->category)), territory.ptr,
               territory.len);
}

struct sorted {
    struct gb_duty_scope scope;
    const struct gb_duty *duty;
};

static int by_bucket(const void *a, const void *b)
{
    const struct sorted *x = a;
    const struct sorted *y = b;
    int order = gb_str_cmp(x->scope.category, y->scope.category);

    order = order != 0 ? order : gb_str_cmp(x->scope.territory, y->scope.territory);
    order = order != 0 ? order : gb_duty_order(x->duty, y->duty);
    return order != 0 ? order : (x->scope.duty > y->scope.duty) - (x->scope.duty < y->scope.duty);
}

static bool is_same_bucket(const struct gb_duty_scope *a, const struct gb_duty_scope *b)
{
    return gb_str_eq(a->category, b->category) && gb_str_eq(a->territory, b->territory);
}

static void sort_scopes(struct gb_arena *arena, const struct gb_duty *duties,
                        struct gb_duty_scope *scopes, uint32_t count)
{
    struct sorted *sorted = gb_arena_take(arena, (count + 1) * sizeof(*sorted));

    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = (struct sorted){scopes[i], &duties[scopes[i].duty]};
    }
    qsort(sorted, count, sizeof(*sorted), by_bucket);
    for (uint32_t i = 0; i < count; i++) {
        scopes[i] = sorted[i].scope;
    }
}

void gb_duty_index_build(struct gb_arena *arena, const struct gb_duty *duties,
                         struct gb_duty_scope *scopes, uint32_t count,
                         struct gb_duty_index *index)
{
    uint32_t size = 16;
    uint32_t *slots;

    while (size < count * 2) {
        size *= 2;
    }
    slots = gb_arena_take(arena, size * sizeof(*slots));
    sort_scopes(arena, duties, scopes, count);
    *index = (struct gb_duty_index){.scopes = scopes, .scopes_count = count, .slots = slots,
                                    .slots_size = size};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at;

        GB_CHECK(scopes[i].category.len < 64 && scopes[i].territory.len < 64);
        if (i > 0 && is_same_bucket(&scopes[i - 1], &scopes[i])) {
            continue;
        }
        index->category_lens |= (uint64_t)1 << stem_of(scopes[i].category).len;
        index->territory_lens |= (uint64_t)1 << stem_of(scopes[i].territory).len;
        at = (uint32_t)hash_of(&scopes[i]) & (size - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (size - 1);
        }
        slots[at] = i + 1;
    }
}

/* What a search looks for: one category pattern and one territory. */
struct probe {
    struct gb_str stem;
    bool is_pattern;
    struct gb_str territory; /* without star */
    uint64_t hash;
};

static bool is_bucket(const struct gb_duty_scope *scope, const struct probe *probe)
{
    return is_open(scope->category) == probe->is_pattern &&
           gb_str_eq(stem_of(scope->category), probe->stem) &&
           gb_str_eq(stem_of(scope->territory), probe->territory);
}

/* Index of the bucket's first scope, or scopes_count. */
static uint32_t find_bucket(const struct gb_duty_index *index, const struct probe *probe)
{
    uint32_t at = (uint32_t)probe->hash & (index->slots_size - 1);

    while (index->slots[at] != 0) {
        if (is_bucket(&index->scopes[index->slots[at] - 1], probe)) {
            return index->slots[at] - 1;
        }
        at = (at + 1) & (index->slots_size - 1);
    }
    return index->scopes_count;
}

static bool is_forbidding(const struct gb_duty *duty, enum gb_role role)
{
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (duty->parts[i].kind == GB_DUTY_FORBIDDEN && duty->parts[i].post.role == role) {
            return true;
        }
    }
    return false;
}

/* A search: role is GB_ROLE_COUNT for the row that decides. */
struct search {
    const struct gb_duty_index *index;
    const struct gb_duty *duties;
    const struct gb_duty_query *query;
    enum gb_role role;
};

static const struct gb_duty *search_bucket(const struct search *s, const struct probe *probe)
{
    uint32_t first = find_bucket(s->index, probe);

    for (uint32_t i = first; i < s->index->scopes_count; i++) {
        const struct gb_duty *duty = &s->duties[s->index->scopes[i].duty];

        if (i > first && !is_same_bucket(&s->index->scopes[first], &s->index->scopes[i])) {
            break;
        }
        if (gb_duty_fits(duty, s->query) &&
            (s->role == GB_ROLE_COUNT || is_forbidding(duty, s->role))) {
            return duty;
        }
    }
    return NULL;
}

/* All territories of one category pattern, longest first. */
static const struct gb_duty *search_territories(const struct search *s, struct gb_str stem,
                                                bool is_pattern)
{
    struct gb_str place = gb_str_is(s->query->place) ? s->query->place : GB_STR("");
    uint64_t base = hash_category(stem, is_pattern);
    struct probe probe = {.stem = stem, .is_pattern = is_pattern};

    for (size_t len = place.len < 63 ? place.len : 63; len <= 63; len--) {
        const struct gb_duty *duty;

        if ((s->index->territory_lens >> len & 1U) == 0) {
            continue;
        }
        probe.territory = (struct gb_str){place.ptr, len};
        probe.hash = fnv(base, place.ptr, len);
        duty = search_bucket(s, &probe);
        if (duty != NULL) {
            return duty;
        }
    }
    return NULL;
}

static const struct gb_duty *search(const struct search *s)
{
    struct gb_str code = s->query->category;
    const struct gb_duty *duty;

    if (s->index->scopes_count == 0) {
        return NULL;
    }
    duty = search_territories(s, code, false);
    for (size_t len = code.len < 63 ? code.len : 63; duty == NULL && len <= 63; len--) {
        if ((s->index->category_lens >> len & 1U) != 0) {
            duty = search_territories(s, (struct gb_str){code.ptr, len}, true);
        }
    }
    return duty;
}

const struct gb_duty *gb_duty_find(const struct gb_duty_index *index, const struct gb_duty *duties,
                                   const struct gb_duty_query *query)
{
    return search(&(struct search){index, duties, query, GB_ROLE_COUNT});
}

const struct gb_duty *gb_duty_find_forbidding(const struct gb_duty_index *index,
                                              const struct gb_duty *duties,
                                              const struct gb_duty_query *query,
                                              enum gb_role role)
{
    return search(&(struct search){index, duties, query, role});
}

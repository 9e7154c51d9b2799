/* Schema drift: columns that nobody mapped, counted without a lock. Two threads that meet a name
 * at the same moment may give it two slots; the reader adds them up. */
#include "codec/door_build.h"

static bool is_name(const struct gb_drift_slot *slot, struct gb_str column)
{
    return gb_str_eq((struct gb_str){slot->name, slot->len}, column);
}

void gb_drift_count(const struct gb_door_reader *reader, struct gb_str column)
{
    if (column.len >= GB_DRIFT_NAME_MAX) {
        column.len = GB_DRIFT_NAME_MAX - 1;
    }
    for (uint32_t i = 0; i < GB_DRIFT_MAX; i++) {
        struct gb_drift_slot *slot = &reader->drift[i];
        unsigned state = atomic_load_explicit(&slot->state, memory_order_acquire);

        if (state == 0 && atomic_compare_exchange_strong(&slot->state, &state, 1)) {
            memcpy(slot->name, column.ptr, column.len);
            slot->len = (uint32_t)column.len;
            atomic_store_explicit(&slot->state, 2, memory_order_release);
            state = 2;
        }
        if (state >= 2 && is_name(slot, column)) {
            atomic_fetch_add_explicit(&slot->count, 1, memory_order_relaxed);
            return;
        }
    }
}

/* A column may be called anything, a person's name among it: only what is spelled as an identifier
 * and looks like no number of a person's is shown. */
static struct gb_str shown_name(const struct gb_drift_slot *slot)
{
    struct gb_str column = {slot->name, slot->len};

    for (size_t i = 0; i < column.len; i++) {
        char c = column.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '$' || c == '.')) {
            return GB_STR("(not shown)");
        }
    }
    return gb_scrub_find(column, NULL) == GB_SCRUB_COUNT ? column : GB_STR("(not shown)");
}

size_t gb_door_drift(const struct gb_door *door, struct gb_drift *out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < door->readers_count * GB_DRIFT_MAX && count < max; i++) {
        const struct gb_door_reader *reader = &door->readers[i / GB_DRIFT_MAX];
        struct gb_drift_slot *slot = &reader->drift[i % GB_DRIFT_MAX];
        size_t at = 0;

        if (reader->is_shared) {
            continue;
        }
        if (atomic_load_explicit(&slot->state, memory_order_acquire) < 2) {
            continue;
        }
        struct gb_str shown = shown_name(slot);

        while (at < count && !(gb_str_eq(out[at].source, reader->name) &&
                               gb_str_eq(shown, out[at].column))) {
            at++;
        }
        if (at == count) {
            out[count++] = (struct gb_drift){reader->name, shown, 0};
        }
        out[at].count += atomic_load_explicit(&slot->count, memory_order_relaxed);
    }
    return count;
}

size_t gb_door_drift_fresh(const struct gb_door *door, struct gb_drift *out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < door->readers_count * GB_DRIFT_MAX && count < max; i++) {
        const struct gb_door_reader *reader = &door->readers[i / GB_DRIFT_MAX];
        struct gb_drift_slot *slot = &reader->drift[i % GB_DRIFT_MAX];
        unsigned state = 2;

        if (!reader->is_shared && atomic_compare_exchange_strong(&slot->state, &state, 3)) {
            out[count++] = (struct gb_drift){
                reader->name, shown_name(slot),
                atomic_load_explicit(&slot->count, memory_order_relaxed)};
        }
    }
    return count;
}

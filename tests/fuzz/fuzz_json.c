/* Any bytes as JSON, and as line one of an intake record: no crash, no output on failure, and the
 * short way of reading agrees with the long one. */
#include "base/check.h"
#include "codec/json.h"
#include "codec/record_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_str text = {(const char *)data, size};
    struct gb_arena arena;
    struct gb_record rec;
    struct gb_value value;
    struct gb_value slow;
    struct gb_str one, two;

    gb_arena_init(&arena, (size_t)16 << 20);
    if (gb_json_parse(&arena, text, &value, NULL) == GB_OK) {
        GB_CHECK(gb_json_parse_slow(&arena, text, &slow, NULL) == GB_OK &&
                 gb_value_eq(&value, &slow));
        gb_record_split(text, &one, &two);
        if (gb_record_read(&arena, one, two, &rec, NULL) != GB_OK) {
            gb_arena_reset(&arena);
        }
    }
    gb_arena_close(&arena);
    return 0;
}

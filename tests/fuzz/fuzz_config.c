/* Any bytes as the configuration: mistakes are told or a configuration comes out, and what is in
 * force can be written and is read back as the same. */
#include "base/check.h"
#include "codec/config.h"
#include "fuzz_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gb_str variable(void *context, struct gb_str name)
{
    (void)context;
    return name.len == 1 ? GB_STR("x") : GB_STR_NONE;
}

static bool read_text(struct gb_arena *arena, struct gb_str text, struct gb_config *config)
{
    struct gb_file file = {GB_STR("g.yaml"), text};
    struct gb_mistakes mistakes = {0};
    struct gb_files wanted;
    bool is_good = gb_config_includes(arena, &file, &wanted, &mistakes) &&
                   gb_config_read(arena,
                                  &(struct gb_config_input){&file, 1, variable, NULL}, config,
                                  &mistakes);

    GB_CHECK(is_good == (mistakes.count == 0));
    gb_mistakes_close(&mistakes);
    return is_good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_buf first = {0}, second = {0};
    struct gb_config config;
    struct gb_arena arena;

    gb_arena_init(&arena, (size_t)64 << 20);
    if (read_text(&arena, (struct gb_str){(const char *)data, size}, &config)) {
        gb_config_write_effective(&first, &config);
        GB_CHECK(read_text(&arena, gb_buf_str(&first), &config));
        gb_config_write_effective(&second, &config);
        GB_CHECK(gb_str_eq(gb_buf_str(&first), gb_buf_str(&second)));
    }
    gb_buf_close(&first);
    gb_buf_close(&second);
    gb_arena_close(&arena);
    return 0;
}

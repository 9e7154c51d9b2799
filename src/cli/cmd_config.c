/* check config FILE: each mistake of a configuration and of what it includes. config show: what is
 * in force, with defaults and included files; secrets are masked by the writer (codec/config.h). */
#include "cli/commands.h"
#include "cli/settings.h"

enum gb_exit gb_cli_check_config(const struct gb_args *args)
{
    struct gb_settings settings;
    enum gb_exit code = gb_settings_read(&settings, args, args->words[0], args->out);

    if (code == GB_EXIT_OK) {
        fputs("no mistakes\n", args->talk);
    }
    gb_settings_close(&settings);
    return code;
}

enum gb_exit gb_cli_config_show(const struct gb_args *args)
{
    const char *path = gb_settings_path(args);
    struct gb_settings settings;
    struct gb_buf text = {0};
    enum gb_exit code;

    if (path == NULL) {
        return gb_cli_misused(args, "needs -c FILE");
    }
    code = gb_settings_read(&settings, args, path, args->talk);
    if (code == GB_EXIT_OK) {
        gb_config_write_effective(&text, &settings.config);
        (void)fwrite(text.bytes, 1, text.len, args->out);
    }
    gb_buf_close(&text);
    gb_settings_close(&settings);
    return code;
}

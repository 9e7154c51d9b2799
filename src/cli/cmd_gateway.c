/* keys gateway FILE: a new pair of keys with which a desk signs its decisions. The private key goes
 * into FILE (mode 0400), the public one is printed as it stands in the configuration. */
#include "base/hash.h"
#include "base/sign.h"
#include "cli/commands.h"
#include "shell/tool_files.h"
#include "shell/tool_random.h"

enum gb_exit gb_cli_keys_gateway(const struct gb_args *args)
{
    const char *name = gb_args_get(args, "--name");
    uint8_t seed[GB_SIGN_KEY_LEN];
    uint8_t public_key[GB_SIGN_KEY_LEN];
    char text[2 * GB_SIGN_KEY_LEN + 1];
    char public_text[2 * GB_SIGN_KEY_LEN];
    enum gb_status status;
    struct gb_err err;

    gb_tool_random(seed, sizeof(seed));
    if (!gb_sign_public(seed, public_key)) {
        fputs("gridbridge: libcrypto cannot make a key\n", args->talk);
        return GB_EXIT_BUG;
    }
    gb_hex(text, seed, sizeof(seed));
    gb_hex(public_text, public_key, sizeof(public_key));
    text[sizeof(text) - 1] = '\n';
    status = gb_tool_file_secret(args->words[0], (struct gb_str){text, sizeof(text)}, &err);
    if (status != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    name = name != NULL ? name : "desk";
    fprintf(args->out, "decisions:\n  gateway: %s\n  key_file: %s\n  gateways: {%s: \"%.*s\"}\n",
            name, args->words[0], name, (int)sizeof(public_text), public_text);
    return GB_EXIT_OK;
}

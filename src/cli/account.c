/* See the header. */
#include "cli/account.h"

#include <stdlib.h>

#include "shell/files.h"
#include "shell/tool_store.h"

/* Chinese first: whoever says nothing and has no English environment reads Chinese. */
static enum gb_lang lang_of_environment(void)
{
    const char *lang = getenv("LC_ALL");

    lang = lang == NULL || lang[0] == '\0' ? getenv("LC_MESSAGES") : lang;
    lang = lang == NULL || lang[0] == '\0' ? getenv("LANG") : lang;
    return lang != NULL && strncmp(lang, "en", 2) == 0 ? GB_LANG_EN : GB_LANG_ZH;
}

enum gb_exit gb_told_begin(struct gb_told *told, const struct gb_args *args)
{
    const char *lang = gb_args_get(args, "--lang");

    *told = (struct gb_told){.args = args, .lang = lang_of_environment()};
    gb_arena_init(&told->arena, (size_t)1 << 30);
    if (lang != NULL && !gb_lang_of(gb_str_of(lang), &told->lang)) {
        return gb_cli_misused(args, "--lang takes zh-CN or en, not %s", lang);
    }
    return GB_EXIT_OK;
}

void gb_told_end(struct gb_told *told)
{
    gb_words_free(told->words);
    gb_arena_close(&told->arena);
}

static enum gb_exit report(const struct gb_told *told, struct gb_mistakes *mistakes,
                           enum gb_exit code)
{
    (void)fwrite(mistakes->lines.bytes, 1, mistakes->lines.len, told->args->talk);
    gb_mistakes_close(mistakes);
    return code;
}

/* Words of the folder for a bundle that has none of its own: they are held against that bundle. */
static enum gb_exit borrow_words(struct gb_told *told, struct gb_str hash)
{
    const char *folder = gb_args_get(told->args, "--policy");
    struct gb_mistakes mistakes = {0};
    struct gb_files files;
    struct gb_err err;

    if (folder == NULL) {
        fprintf(told->args->talk,
                "gridbridge: bundle %.*s has no words.yaml: what follows is what the lane stored; "
                "--policy DIR names a bundle whose words will do\n",
                GB_STR_ARG(hash));
        return GB_EXIT_OK;
    }
    if (gb_files_read(folder, &told->arena, &files, &err) != GB_OK) {
        return gb_cli_fail(told->args, &err);
    }
    told->words = gb_words_read(&told->arena, &files, told->policy, &mistakes);
    return report(told, &mistakes, told->words != NULL ? GB_EXIT_OK : GB_EXIT_CONFIG);
}

enum gb_exit gb_told_stored(struct gb_told *told, const struct gb_session *session,
                            struct gb_str hash)
{
    struct gb_mistakes mistakes = {0};
    struct gb_files files;
    enum gb_status status = gb_tool_policy_read(session->pg, hash, &told->arena, &files);

    if (status == GB_NOT_FOUND) {
        fprintf(told->args->talk, "gridbridge: bundle %.*s is not in the database\n",
                GB_STR_ARG(hash));
        return GB_EXIT_NO;
    }
    if (status != GB_OK) {
        return gb_session_fail(session, told->args);
    }
    told->policy = gb_policy_load(&told->arena, &files, &mistakes);
    if (told->policy == NULL) {
        return report(told, &mistakes, GB_EXIT_CONFIG);
    }
    if (gb_files_get(&files, GB_STR("words.yaml")) == NULL) {
        return borrow_words(told, hash);
    }
    told->words = gb_words_read(&told->arena, &files, told->policy, &mistakes);
    return report(told, &mistakes, told->words != NULL ? GB_EXIT_OK : GB_EXIT_CONFIG);
}

enum gb_exit gb_told_folder(struct gb_told *told)
{
    const char *folder = gb_args_get(told->args, "--policy");
    struct gb_mistakes mistakes = {0};
    struct gb_files files;
    struct gb_err err;

    if (gb_files_read(folder, &told->arena, &files, &err) != GB_OK) {
        return gb_cli_fail(told->args, &err);
    }
    told->policy = gb_policy_load(&told->arena, &files, &mistakes);
    if (told->policy != NULL) {
        told->words = gb_words_read(&told->arena, &files, told->policy, &mistakes);
    }
    return report(told, &mistakes, told->words != NULL ? GB_EXIT_OK : GB_EXIT_CONFIG);
}

enum gb_exit gb_told_active(struct gb_told *told, const struct gb_session *session)
{
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code;

    if (gb_args_get(told->args, "--policy") != NULL) {
        return gb_told_folder(told);
    }
    if (gb_tool_active_policies(session->pg, &rows) != GB_OK) {
        return gb_session_fail(session, told->args);
    }
    if (gb_tool_rows_count(rows) == 1) {
        code = gb_told_stored(told, session,
                              gb_arena_str(&told->arena, gb_tool_rows_text(rows, 0, 0)));
        code = code == GB_EXIT_OK && told->words == NULL ? GB_EXIT_CONFIG : code;
    } else {
        fprintf(told->args->talk, "gridbridge: %s; name one with --policy DIR\n",
                gb_tool_rows_count(rows) == 0 ? "no bundle is active yet"
                                              : "lanes have different bundles active");
        code = GB_EXIT_NO;
    }
    gb_tool_rows_free(rows);
    return code;
}

struct gb_page gb_told_page(struct gb_told *told, struct gb_buf *out)
{
    return (struct gb_page){told->words, told->lang, &told->arena, out};
}

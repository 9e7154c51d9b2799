/* Reading files. */
#include "shell/tool_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "shell/limits.h"

static enum gb_status fail_errno(const char *path, struct gb_err *err)
{
    enum gb_status status = errno == ENOENT || errno == ENOTDIR ? GB_NOT_FOUND : GB_IO;

    return gb_fail(err, status, "%s: %s", path, strerror(errno));
}

static enum gb_status read_all(int fd, const char *path, struct gb_buf *buf, struct gb_err *err)
{
    for (;;) {
        ssize_t got;

        gb_buf_reserve(buf, 65536);
        got = read(fd, buf->bytes + buf->len, 65536);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(path, err);
        }
        if (got == 0) {
            return GB_OK;
        }
        buf->len += (size_t)got;
        if (buf->len > GB_FILE_BYTES_MAX) {
            return gb_fail(err, GB_TOO_LARGE, "%s: larger than %zu MB", path,
                           GB_FILE_BYTES_MAX >> 20);
        }
    }
}

enum gb_status gb_tool_file(const char *path, struct gb_arena *arena, struct gb_str *bytes,
                            struct gb_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct gb_buf buf = {0};
    enum gb_status status;

    if (fd < 0) {
        return fail_errno(path, err);
    }
    status = read_all(fd, path, &buf, err);
    if (status == GB_OK) {
        *bytes = gb_arena_str(arena, gb_buf_str(&buf));
    }
    gb_buf_close(&buf);
    if (!is_stdin) {
        (void)close(fd);
    }
    return status;
}

static int by_name(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_file *)a)->name, ((const struct gb_file *)b)->name);
}

static bool is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static enum gb_status read_entries(DIR *dir, const char *path, struct gb_arena *arena,
                                   struct gb_files *files, struct gb_err *err)
{
    struct gb_file *items = gb_arena_take(arena, GB_FOLDER_FILES_MAX * sizeof(items[0]));
    const struct dirent *entry;
    size_t bytes = 0;
    size_t count = 0;

    while ((entry = readdir(dir)) != NULL) {
        struct gb_str full = gb_arena_printf(arena, "%s/%s", path, entry->d_name);
        enum gb_status status;

        if (entry->d_name[0] == '.' || !is_regular(full.ptr)) {
            continue;
        }
        if (count == GB_FOLDER_FILES_MAX || bytes > GB_FOLDER_BYTES_MAX) {
            return gb_fail(err, GB_TOO_LARGE, "%s: too many files or bytes", path);
        }
        items[count].name = gb_arena_str(arena, gb_str_of(entry->d_name));
        status = gb_tool_file(full.ptr, arena, &items[count].bytes, err);
        if (status != GB_OK) {
            return status;
        }
        bytes += items[count++].bytes.len;
    }
    qsort(items, count, sizeof(items[0]), by_name);
    *files = (struct gb_files){items, count};
    return GB_OK;
}

enum gb_status gb_tool_folder(const char *path, struct gb_arena *arena, struct gb_files *files,
                              struct gb_err *err)
{
    DIR *dir = opendir(path);
    enum gb_status status;

    if (dir == NULL) {
        return fail_errno(path, err);
    }
    status = read_entries(dir, path, arena, files, err);
    (void)closedir(dir);
    return status;
}

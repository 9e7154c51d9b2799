/* Reading one file whole. */
#include "shell/tool_files.h"

#include <errno.h>
#include <fcntl.h>
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

enum gb_status gb_tool_file_secret(const char *path, struct gb_str bytes, struct gb_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    size_t done = 0;
    ssize_t wrote = 0;

    if (fd < 0 && errno == EEXIST) {
        return gb_fail(err, GB_CONFLICT, "%s: is there already; a key is never written over", path);
    }
    if (fd < 0) {
        return fail_errno(path, err);
    }
    while (done < bytes.len && (wrote >= 0 || errno == EINTR)) {
        wrote = write(fd, bytes.ptr + done, bytes.len - done);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (done < bytes.len || fsync(fd) != 0) {
        enum gb_status status = fail_errno(path, err);

        (void)close(fd);
        (void)unlink(path);
        return status;
    }
    (void)close(fd);
    return GB_OK;
}

bool gb_tool_file_is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

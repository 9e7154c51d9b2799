/* Reading folders and secrets. */
#include "shell/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/limits.h"

#define SECRET_BYTES_MAX 4096
#define DEPTH_MAX 8

struct walk {
    struct gb_arena *arena;
    struct gb_file *items; /* grown in the arena at once to its bound */
    size_t count;
    size_t bytes;
    struct gb_err *err;
};

static enum gb_status fail_errno(struct gb_err *err, const char *path)
{
    int code = errno;

    return gb_fail(err, code == ENOENT ? GB_NOT_FOUND : GB_IO, "%s: %s", path, strerror(code));
}

/* Reads bytes->len bytes, or up to the file's end. */
static enum gb_status read_open(int fd, const char *path, struct gb_arena *arena,
                                struct gb_str *bytes, struct gb_err *err)
{
    size_t len = bytes->len;
    char *out = gb_arena_take(arena, len + 1);
    size_t at = 0;

    while (at < len) {
        ssize_t got = read(fd, out + at, len - at);

        if (got < 0 && errno != EINTR) {
            return fail_errno(err, path);
        }
        if (got == 0) {
            break;
        }
        at += got > 0 ? (size_t)got : 0;
    }
    *bytes = (struct gb_str){out, at};
    return GB_OK;
}

static enum gb_status read_file(struct walk *walk, const char *path, const char *name)
{
    struct gb_file *file = &walk->items[walk->count];
    struct stat about;
    enum gb_status status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return fail_errno(walk->err, path);
    }
    if (fstat(fd, &about) != 0) {
        status = fail_errno(walk->err, path);
    } else if ((size_t)about.st_size > GB_FILE_BYTES_MAX ||
               walk->bytes + (size_t)about.st_size > GB_FOLDER_BYTES_MAX ||
               walk->count == GB_FOLDER_FILES_MAX) {
        status = gb_fail(walk->err, GB_TOO_LARGE, "%s: too large, or too many files", path);
    } else {
        file->bytes.len = (size_t)about.st_size;
        status = read_open(fd, path, walk->arena, &file->bytes, walk->err);
    }
    if (status == GB_OK) {
        file->name = gb_arena_str(walk->arena, gb_str_of(name));
        walk->bytes += file->bytes.len;
        walk->count++;
    }
    (void)close(fd);
    return status;
}

static enum gb_status walk_folder(struct walk *walk, const char *path, const char *prefix,
                                  int depth);

static enum gb_status walk_entry(struct walk *walk, const char *path, const char *prefix,
                                 const char *entry, int depth)
{
    struct gb_str full = gb_arena_printf(walk->arena, "%s/%s", path, entry);
    struct gb_str name = gb_arena_printf(walk->arena, "%s%s", prefix, entry);
    struct stat about;

    if (stat(full.ptr, &about) != 0) {
        return fail_errno(walk->err, full.ptr);
    }
    if (S_ISDIR(about.st_mode)) {
        if (depth == DEPTH_MAX) {
            return gb_fail(walk->err, GB_TOO_LARGE, "%s: nested too deep", full.ptr);
        }
        name = gb_arena_printf(walk->arena, "%s%s/", prefix, entry);
        return walk_folder(walk, full.ptr, name.ptr, depth + 1);
    }
    return S_ISREG(about.st_mode) ? read_file(walk, full.ptr, name.ptr) : GB_OK;
}

static enum gb_status walk_folder(struct walk *walk, const char *path, const char *prefix,
                                  int depth)
{
    DIR *folder = opendir(path);
    enum gb_status status = GB_OK;
    const struct dirent *entry;

    if (folder == NULL) {
        return fail_errno(walk->err, path);
    }
    while (status == GB_OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            status = walk_entry(walk, path, prefix, entry->d_name, depth);
        }
    }
    (void)closedir(folder);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct gb_file *left = a;
    const struct gb_file *right = b;

    return gb_str_cmp(left->name, right->name);
}

enum gb_status gb_files_read(const char *path, struct gb_arena *arena, struct gb_files *files,
                             struct gb_err *err)
{
    struct walk walk = {.arena = arena, .err = err};
    enum gb_status status;

    walk.items = gb_arena_take(arena, GB_FOLDER_FILES_MAX * sizeof(walk.items[0]));
    status = walk_folder(&walk, path, "", 0);
    if (status == GB_OK) {
        qsort(walk.items, walk.count, sizeof(walk.items[0]), by_name);
        *files = (struct gb_files){walk.items, walk.count};
    }
    return status;
}

enum gb_status gb_files_secret(const char *path, struct gb_arena *arena, struct gb_str *bytes,
                               struct gb_err *err)
{
    struct stat about;
    enum gb_status status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return fail_errno(err, path);
    }
    if (fstat(fd, &about) != 0) {
        status = fail_errno(err, path);
    } else if (!S_ISREG(about.st_mode) || (about.st_mode & 0177) != 0) {
        status = gb_fail(err, GB_BAD_CONFIG, "%s: a secret needs mode 0400 or 0600, not %04o", path,
                         about.st_mode & 07777U);
    } else if (about.st_size > SECRET_BYTES_MAX) {
        status = gb_fail(err, GB_TOO_LARGE, "%s: too large for a secret", path);
    } else {
        bytes->len = (size_t)about.st_size;
        status = read_open(fd, path, arena, bytes, err);
    }
    if (status == GB_OK && bytes->len > 0 && bytes->ptr[bytes->len - 1] == '\n') {
        bytes->len--;
    }
    (void)close(fd);
    return status;
}

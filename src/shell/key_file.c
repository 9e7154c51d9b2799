/* Key files: new file, sync, rename, sync of the folder. */
#include "shell/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

void gb_day_from_today(int64_t days, char day[GB_DAY_SIZE])
{
    struct timespec now;
    struct tm parts;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += days * 86400;
    GB_CHECK(gmtime_r(&now.tv_sec, &parts) != NULL);
    GB_CHECK(strftime(day, GB_DAY_SIZE, "%Y-%m-%d", &parts) == GB_DAY_SIZE - 1);
}

void gb_random_bytes(uint8_t *bytes, size_t len)
{
    GB_CHECK(getrandom(bytes, len, 0) == (ssize_t)len);
}

static enum gb_status fail(struct gb_err *err, const char *path)
{
    return gb_fail(err, GB_IO, "%s: %s; the old key file is untouched", path, strerror(errno));
}

static enum gb_status write_new(const char *path, struct gb_str text, struct gb_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
    bool is_good;

    if (fd < 0) {
        return fail(err, path);
    }
    is_good = write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    if (close(fd) != 0 || !is_good) {
        enum gb_status status = fail(err, path);

        (void)unlink(path);
        return status;
    }
    return GB_OK;
}

static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash != NULL ? (int)(slash - path) : 1;
    int fd;

    (void)snprintf(folder, sizeof(folder), "%.*s", len > 0 ? len : 1, slash != NULL ? path : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

enum gb_status gb_key_file_replace(const char *path, struct gb_str text, struct gb_err *err)
{
    char fresh[PATH_MAX];
    enum gb_status status;

    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh)) {
        return gb_fail(err, GB_BAD_CONFIG, "%s: the path is too long", path);
    }
    status = write_new(fresh, text, err);
    if (status != GB_OK) {
        return status;
    }
    if (rename(fresh, path) != 0) {
        status = fail(err, path);
        (void)unlink(fresh);
        return status;
    }
    sync_folder(path);
    return GB_OK;
}

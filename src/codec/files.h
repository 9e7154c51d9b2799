/* A folder read by the shell, as codec sees it: names and bytes. Codec itself opens nothing. */
#ifndef CODEC_FILES_H
#define CODEC_FILES_H

#include "gridbridge/str.h"

struct gb_file {
    struct gb_str name;  /* relative, with '/', as shown in messages */
    struct gb_str bytes;
};

struct gb_files {
    const struct gb_file *items; /* sorted by name in byte order */
    size_t count;
};

/* The file called name, or NULL. */
const struct gb_file *gb_files_get(const struct gb_files *files, struct gb_str name);

#endif

/* Finding a file of a folder by its name. */
#include "codec/files.h"

const struct gb_file *gb_files_get(const struct gb_files *files, struct gb_str name)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        if (gb_str_eq(files->items[i].name, name)) {
            return &files->items[i];
        }
    }
    return NULL;
}

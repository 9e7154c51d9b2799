/* SQLSTATE (PostgreSQL 15, appendix A) to status: the only place that knows these codes. */
#include "base/check.h"
#include "shell/pg.h"

enum gb_status gb_pg_status(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum gb_status status;
    } table[] = {
        {"40001", GB_CONFLICT}, {"40P01", GB_CONFLICT}, {"25006", GB_READ_ONLY},
        {"53100", GB_NO_SPACE}, {"55P03", GB_BUSY},     {"22012", GB_FENCED},
        {"53", GB_AWAY},        {"57", GB_AWAY},        {"08", GB_AWAY},
        {"25P03", GB_AWAY},     {"58", GB_AWAY},        {"28", GB_AWAY},
    };

    if (sqlstate == NULL) {
        return GB_AWAY;
    }
    for (size_t i = 0; i < GB_COUNT(table); i++) {
        if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0) {
            return table[i].status;
        }
    }
    return GB_BUG;
}

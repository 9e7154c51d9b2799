/* Plain rows in a list: any key, header and value. */
#include "envelope_fuzz.h"

FUZZ_TARGET("kind: plain, table_member: m, rows: d.r, op: o, put: [P], delete: [D]", "a.t")

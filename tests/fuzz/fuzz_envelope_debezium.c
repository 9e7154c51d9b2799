/* Debezium's change events: any key, header and value. */
#include "envelope_fuzz.h"

FUZZ_TARGET("kind: debezium, position: [lsn]", "a.t")

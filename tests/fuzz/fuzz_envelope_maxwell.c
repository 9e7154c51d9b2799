/* Maxwell's messages: any key, header and value. */
#include "envelope_fuzz.h"

FUZZ_TARGET("kind: maxwell, jvm_zone: \"+00:00\", nulls: omitted", "a.t")

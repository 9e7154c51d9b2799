/* Canal's flat messages: any key, header and value. */
#include "envelope_fuzz.h"

FUZZ_TARGET("kind: canal", "a.t")

/* CloudEvents in binary mode: any key, header and value. */
#include "envelope_fuzz.h"

FUZZ_TARGET("kind: cloudevents, mode: binary", "a.t")

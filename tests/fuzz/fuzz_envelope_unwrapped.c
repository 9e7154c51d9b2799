/* Debezium behind ExtractNewRecordState: any key, header and value. */
#include "envelope_fuzz.h"

FUZZ_TARGET("kind: debezium_unwrapped, topic_prefix: p", "a.t")

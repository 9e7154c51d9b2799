/* Which of two images of a row is the newer one (RECORDS 2, version), and which were seen. Private
 * to src/core. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#include <stdbool.h>

#include "gridbridge/record.h"

struct gb_core;
struct gb_observation;

/* The record against what is kept of o: -1: stale; 0: the same version; 1: newer. A delete has no
 * column; a deleted row is compared by envelope first, so that a row may come back with its old
 * column. */
int gb_version_order(const struct gb_observation *o, const struct gb_record *rec);
/* The row says this already: an image seen at its version or the newest one, where Kafka alone
 * orders them, or where a first load tells it again and only the envelope's position is newer. */
bool gb_version_is_repeated(const struct gb_observation *o, const struct gb_record *rec,
                            int order);
/* o takes the record's version, which is not stale. */
void gb_version_keep(struct gb_core *core, struct gb_observation *o, const struct gb_record *rec,
                     int order);

/* One more image hash of this version. */
void gb_seen_add(struct gb_core *core, struct gb_observation *o, struct gb_str hash);
void gb_seen_drop(struct gb_core *core, struct gb_observation *o);

#endif

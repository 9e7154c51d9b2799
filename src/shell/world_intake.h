/* The role of intake: one loop, one state machine. */
#ifndef SHELL_WORLD_INTAKE_H
#define SHELL_WORLD_INTAKE_H

#include "shell/kafka_conf.h"
#include "shell/world.h"

struct gb_intake_role;

struct gb_intake_role *gb_intake_role_start(const struct gb_world_config *config,
                                            const struct gb_kafka *kafka,
                                            const struct gb_door *door, struct gb_err *err);
/* Reads these sources through door from now on; when it returns, the old ones are no longer used,
 * or, with err, the new ones are not. */
enum gb_status gb_intake_role_turn(struct gb_intake_role *role,
                                   const struct gb_source_topic *sources, size_t sources_count,
                                   const struct gb_door *door, struct gb_err *err) GB_MUST_CHECK;
bool gb_intake_role_stop(struct gb_intake_role *role);

#endif

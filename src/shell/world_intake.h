/* The role of intake: one loop, one state machine. */
#ifndef SHELL_WORLD_INTAKE_H
#define SHELL_WORLD_INTAKE_H

#include "shell/kafka_conf.h"
#include "shell/world.h"

struct gb_intake_role;

struct gb_intake_role *gb_intake_role_start(const struct gb_world_config *config,
                                            const struct gb_kafka *kafka,
                                            const struct gb_door *door, struct gb_err *err);
/* Carries out a turn (world.h); waits for the loop, and where it must drain for up to 15 s. AWAY,
 * IO: the old sources and the old door are still in use. */
enum gb_status gb_intake_role_turn(struct gb_intake_role *role, const struct gb_intake_turn *turn,
                                   struct gb_err *err) GB_MUST_CHECK;
bool gb_intake_role_stop(struct gb_intake_role *role);

#endif

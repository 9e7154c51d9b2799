/* The role of the lanes: one loop for all lanes of the process. */
#ifndef SHELL_WORLD_LANES_H
#define SHELL_WORLD_LANES_H

#include "shell/kafka_conf.h"
#include "shell/world.h"

struct gb_lanes;

struct gb_lanes *gb_lanes_start(const struct gb_world_config *config, const struct gb_kafka *kafka,
                                struct gb_err *err);
bool gb_lanes_stop(struct gb_lanes *lanes);
bool gb_lanes_look(struct gb_lanes *lanes, uint32_t lane, struct gb_lane_view *view);
void gb_lanes_resume(struct gb_lanes *lanes, uint32_t lane);

#endif

/* Roles of one process: started and stopped as a whole. */
#include "shell/world.h"

#include <pthread.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/check.h"
#include "lane/limits.h"
#include "shell/world_intake.h"
#include "shell/world_lanes.h"

/* The first cause of an end. */
struct gb_broken {
    pthread_mutex_t mutex; /* guards both below */
    bool is_set;
    struct gb_err err;
};

struct gb_world {
    struct gb_world_config config;
    struct gb_kafka kafka;
    struct gb_intake_role *intake; /* NULL: not our role */
    struct gb_lanes *lanes;        /* NULL: not our role */
    struct gb_broken broken;
};

void gb_broken_set(struct gb_broken *broken, struct gb_str text)
{
    pthread_mutex_lock(&broken->mutex);
    if (!broken->is_set) {
        broken->is_set = true;
        (void)gb_fail(&broken->err, GB_CONFLICT, "kafka: %.*s", GB_STR_ARG(text));
    }
    pthread_mutex_unlock(&broken->mutex);
}

bool gb_world_is_broken(struct gb_world *world, struct gb_err *err)
{
    bool is_set;

    pthread_mutex_lock(&world->broken.mutex);
    is_set = world->broken.is_set;
    if (is_set) {
        *err = world->broken.err;
    }
    pthread_mutex_unlock(&world->broken.mutex);
    return is_set;
}

#define MALLOC_ARENAS 4              /* two dozen threads, most of them of librdkafka and asleep */
#define MALLOC_KEEP (16 * 1024 * 1024) /* free bytes at an arena's end that stay ours */

/* Batches come and go many times a second and all have about the same size. Given back to the
 * system each time, their pages would be cleared anew each time, which was a tenth of all CPU. */
static void tune_malloc(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, MALLOC_KEEP);
    (void)mallopt(M_TRIM_THRESHOLD, MALLOC_KEEP);
#endif
}

struct gb_world *gb_world_start(const struct gb_world_config *config, const struct gb_door *door,
                                struct gb_err *err)
{
    struct gb_world *world = calloc(1, sizeof(*world));
    bool is_started = true;

    GB_CHECK(world != NULL && config->lanes_count > 0 && config->lanes_count <= GB_LANES_MAX);
    GB_CHECK(!config->has_intake || door != NULL);
    tune_malloc();
    world->config = *config;
    world->config.broken = &world->broken;
    pthread_mutex_init(&world->broken.mutex, NULL);
    if (config->instance == NULL) {
        world->config.instance = config->owner;
    }
    world->kafka = (struct gb_kafka){.bootstrap = config->bootstrap,
                                     .client_id = world->config.instance,
                                     .properties = config->properties,
                                     .properties_count = config->properties_count};
    if (config->has_lanes) {
        world->lanes = gb_lanes_start(&world->config, &world->kafka, err);
        is_started = world->lanes != NULL;
    }
    if (is_started && config->has_intake) {
        world->intake = gb_intake_role_start(&world->config, &world->kafka, door, err);
        is_started = world->intake != NULL;
    }
    if (!is_started) {
        (void)gb_world_stop(world);
        return NULL;
    }
    return world;
}

enum gb_status gb_world_intake(struct gb_world *world, const struct gb_intake_turn *turn,
                               struct gb_err *err)
{
    GB_CHECK(world->intake != NULL);
    return gb_intake_role_turn(world->intake, turn, err);
}

bool gb_world_stop(struct gb_world *world)
{
    bool is_stopped = true;

    if (world->intake != NULL) {
        is_stopped = gb_intake_role_stop(world->intake);
    }
    if (world->lanes != NULL) {
        is_stopped = gb_lanes_stop(world->lanes) && is_stopped;
    }
    if (is_stopped) {
        pthread_mutex_destroy(&world->broken.mutex);
        free(world);
    }
    return is_stopped;
}

bool gb_world_look(struct gb_world *world, uint32_t lane, struct gb_lane_view *view)
{
    return world->lanes != NULL && gb_lanes_look(world->lanes, lane, view);
}

void gb_world_resume(struct gb_world *world, uint32_t lane)
{
    if (world->lanes != NULL) {
        gb_lanes_resume(world->lanes, lane);
    }
}

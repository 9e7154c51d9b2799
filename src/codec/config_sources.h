/* The section `sources`: which topics are read, and by whose mapping. */
#ifndef CODEC_CONFIG_SOURCES_H
#define CODEC_CONFIG_SOURCES_H

#include "codec/config_expand.h"

/* Reads the map of sources into config->sources, one entry a topic. Mistakes are added. */
void gb_config_sources(const struct gb_config_expand *e, const struct gb_yaml *map,
                       struct gb_config *config);

#endif

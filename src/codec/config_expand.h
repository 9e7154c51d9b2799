/* Variables in the scalars of a configuration. */
#ifndef CODEC_CONFIG_EXPAND_H
#define CODEC_CONFIG_EXPAND_H

#include "codec/config.h"

struct gb_config_expand {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    const struct gb_config_input *input;
};

/* A copy of the scalar with every ${...} replaced; what is replaced is not looked at again. False
 * after a mistake: a variable that is not set, a brace that is not closed. */
bool gb_config_expanded(const struct gb_config_expand *e, const struct gb_yaml *node,
                        struct gb_yaml *expanded);

/* The same; a scalar without text is a mistake too. */
bool gb_config_text(const struct gb_config_expand *e, const struct gb_yaml *node,
                    struct gb_yaml *expanded);

#endif

/* The configuration: one strict YAML file and the files it includes.
 *
 * Codec opens nothing. The caller reads the main file, asks gb_config_includes for the names in its
 * `include:` list (relative to the main file's folder; included files include nothing), reads
 * those, and hands all of them to gb_config_read, the main file first. After parsing, ${VAR},
 * ${VAR:-default} and ${VAR:?message} are replaced in scalars. A key given in two files is a
 * mistake. `version: 1`, one source and the refuse-list are enough on a developer's machine. */
#ifndef CODEC_CONFIG_H
#define CODEC_CONFIG_H

#include "base/hash.h"
#include "codec/files.h"
#include "codec/gateway.h"
#include "codec/yaml.h"

enum gb_config_role { GB_ROLES_INTAKE = 1, GB_ROLES_RECONCILE = 2, GB_ROLES_HTTP = 4 };

struct gb_property {
    struct gb_str name, value;
    bool is_file;         /* given as NAME_file: value is the path of the file that holds it */
    struct gb_str file;   /* where it is given */
    uint32_t line, col;
};

#define GB_CONFIG_SOURCES_MAX 64U /* topics of all sources */

struct gb_config_source {
    struct gb_str name;     /* party_building */
    struct gb_str topic;    /* exact topic name */
    bool is_more;           /* one more topic of the source above: all but the topic is the same */
    struct gb_str adapter;  /* folder */
    struct gb_str lookups;  /* folder, or absent */
    bool is_latest;         /* start: latest; else earliest (the default) */
    bool is_live;           /* mode: live; else shadow (the default): nothing is written back */
};

/* Strings live in the arena of gb_config_read; absent where nothing was given. Paths are as
 * written, relative to the main file's folder. */
struct gb_config {
    struct gb_str bridge_id;          /* "gridbridge" */
    struct gb_str instance;           /* name of this daemon in groups, or absent */
    struct gb_str timezone;           /* "Asia/Shanghai", the only one so far */
    struct gb_str bootstrap;          /* "localhost:9092" */
    struct gb_str cluster;            /* "main": the Kafka cluster in coordinates of records */
    struct gb_str topic_prefix;       /* "gb." */
    const struct gb_property *properties; /* raw librdkafka properties */
    uint32_t properties_count;
    struct gb_str dsn, dsn_file;      /* at most one */
    const struct gb_config_source *sources;
    uint32_t sources_count;
    struct gb_str refuse;             /* file */
    int64_t lanes_count;              /* 4 */
    struct gb_str publish_mode;       /* "transactional" or "idempotent" */
    int64_t batch_records;            /* 2000 */
    int64_t batch_bytes;              /* 8 MB */
    struct gb_str join_key, join_key_file; /* of each pair at most one: 64 hex digits, or a file */
    struct gb_str publish_key, publish_key_file;
    struct gb_str salt, salt_file;
    const struct gb_gateway *gateways; /* who may send decisions */
    uint32_t gateways_count;
    struct gb_str gateway;             /* as which this machine's desk decides, or absent */
    struct gb_str gateway_key, gateway_key_file; /* its private key: at most one */
    struct gb_str hash;               /* "sha256" or "sm3" */
    struct gb_str log_level;          /* "error", "warn", "info", "debug" */
    uint32_t roles;                   /* of enum gb_config_role; default intake and reconcile */
};

/* Names in the main file's `include:` list, in order, in the arena; false after a mistake. */
bool gb_config_includes(struct gb_arena *arena, const struct gb_file *file, struct gb_files *wanted,
                        struct gb_mistakes *mistakes) GB_MUST_CHECK;

struct gb_config_input {
    const struct gb_file *files; /* main file first, then the included ones */
    size_t files_count;
    /* The value of a variable, or absent; borrowed during gb_config_read. NULL: none is set. */
    struct gb_str (*variable)(void *context, struct gb_str name);
    void *context;
};

/* Reads all files; every mistake is added as file:line:col. False if there was any, and config is
 * untouched then. */
bool gb_config_read(struct gb_arena *arena, const struct gb_config_input *input,
                    struct gb_config *config, struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* The effective configuration as YAML; a dsn and properties that hold secrets are masked. */
void gb_config_write_effective(struct gb_buf *out, const struct gb_config *config);

#endif

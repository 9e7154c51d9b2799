/* The effective configuration as YAML, secrets masked. */
#include "codec/config.h"

#define MASK "\"***\""

/* A double-quoted scalar. */
static void add_text(struct gb_buf *out, struct gb_str text)
{
    gb_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '"' || c == '\\') {
            gb_buf_add_char(out, '\\');
        }
        if ((unsigned char)c < 0x20) {
            gb_buf_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
        } else {
            gb_buf_add_char(out, c);
        }
    }
    gb_buf_add_char(out, '"');
}

static void add_line(struct gb_buf *out, const char *key, struct gb_str text)
{
    if (text.ptr != NULL) {
        gb_buf_printf(out, "%s: ", key);
        add_text(out, text);
        gb_buf_add_char(out, '\n');
    }
}

static bool contains(struct gb_str text, const char *part)
{
    return text.ptr != NULL && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static bool is_secret(struct gb_str name)
{
    static const char *const parts[] = {"password", "secret", "token", "key.pem", "jaas", "config"};

    for (size_t i = 0; i < GB_COUNT(parts); i++) {
        if (contains(name, parts[i])) {
            return true;
        }
    }
    return false;
}

static void write_name(struct gb_buf *out, const struct gb_property *property)
{
    struct gb_buf name = {0};

    gb_buf_add_str(&name, property->name);
    if (property->is_file) {
        gb_buf_add_str(&name, GB_STR("_file"));
    }
    add_text(out, gb_buf_str(&name));
    gb_buf_close(&name);
}

static void write_kafka(struct gb_buf *out, const struct gb_config *config)
{
    gb_buf_add_str(out, GB_STR("kafka:\n"));
    add_line(out, "  bootstrap", config->bootstrap);
    add_line(out, "  cluster", config->cluster);
    add_line(out, "  topic_prefix", config->topic_prefix);
    if (config->properties_count > 0) {
        gb_buf_add_str(out, GB_STR("  properties:\n"));
    }
    for (uint32_t i = 0; i < config->properties_count; i++) {
        const struct gb_property *property = &config->properties[i];

        gb_buf_add_str(out, GB_STR("    "));
        write_name(out, property);
        gb_buf_add_str(out, GB_STR(": "));
        if (!property->is_file && is_secret(property->name)) {
            gb_buf_add_str(out, GB_STR(MASK));
        } else {
            add_text(out, property->value);
        }
        gb_buf_add_char(out, '\n');
    }
}

/* topic: NAME, or topics: [NAMES]; the number of entries that this source has. */
static uint32_t write_topics(struct gb_buf *out, const struct gb_config *config, uint32_t at)
{
    uint32_t count = 1;

    while (at + count < config->sources_count && config->sources[at + count].is_more) {
        count++;
    }
    if (count == 1) {
        add_line(out, "    topic", config->sources[at].topic);
        return count;
    }
    gb_buf_add_str(out, GB_STR("    topics:\n"));
    for (uint32_t i = 0; i < count; i++) {
        gb_buf_add_str(out, GB_STR("      - "));
        add_text(out, config->sources[at + i].topic);
        gb_buf_add_char(out, '\n');
    }
    return count;
}

static void write_sources(struct gb_buf *out, const struct gb_config *config)
{
    uint32_t topics = 1;

    if (config->sources_count > 0) {
        gb_buf_add_str(out, GB_STR("sources:\n"));
    }
    for (uint32_t i = 0; i < config->sources_count; i += topics) {
        const struct gb_config_source *source = &config->sources[i];

        gb_buf_add_str(out, GB_STR("  "));
        add_text(out, source->name);
        gb_buf_add_str(out, GB_STR(":\n"));
        topics = write_topics(out, config, i);
        add_line(out, "    adapter", source->adapter);
        add_line(out, "    lookups", source->lookups);
        add_line(out, "    mode", source->is_live ? GB_STR("live") : GB_STR("shadow"));
        add_line(out, "    start", source->is_latest ? GB_STR("latest") : GB_STR("earliest"));
    }
}

static void add_secret(struct gb_buf *out, const char *key, struct gb_str secret)
{
    if (secret.ptr != NULL) {
        gb_buf_printf(out, "%s: " MASK "\n", key);
    }
}

static void write_gateways(struct gb_buf *out, const struct gb_config *config)
{
    char hex[2 * GB_SIGN_KEY_LEN];

    if (config->gateways_count > 0 || gb_str_is(config->gateway) ||
        gb_str_is(config->gateway_key) || gb_str_is(config->gateway_key_file)) {
        gb_buf_add_str(out, GB_STR("decisions:\n"));
    }
    add_line(out, "  gateway", config->gateway);
    add_secret(out, "  key", config->gateway_key);
    add_line(out, "  key_file", config->gateway_key_file);
    if (config->gateways_count > 0) {
        gb_buf_add_str(out, GB_STR("  gateways:\n"));
    }
    for (uint32_t i = 0; i < config->gateways_count; i++) {
        gb_hex(hex, config->gateways[i].key, GB_SIGN_KEY_LEN);
        gb_buf_add_str(out, GB_STR("    "));
        add_text(out, config->gateways[i].id);
        gb_buf_printf(out, ": \"%.*s\"\n", (int)sizeof(hex), hex);
    }
}

static void write_privacy(struct gb_buf *out, const struct gb_config *config)
{
    const struct gb_str all[] = {config->join_key,         config->join_key_file,
                                 config->publish_key,      config->publish_key_file,
                                 config->salt,             config->salt_file};
    bool is_any = false;

    for (size_t i = 0; i < GB_COUNT(all); i++) {
        is_any = is_any || all[i].ptr != NULL;
    }
    if (is_any) {
        gb_buf_add_str(out, GB_STR("privacy:\n"));
    }
    add_secret(out, "  join_key", config->join_key);
    add_line(out, "  join_key_file", config->join_key_file);
    add_secret(out, "  publish_key", config->publish_key);
    add_line(out, "  publish_key_file", config->publish_key_file);
    add_secret(out, "  salt", config->salt);
    add_line(out, "  salt_file", config->salt_file);
}

static void write_roles(struct gb_buf *out, const struct gb_config *config)
{
    bool has_both = (config->roles & GB_ROLES_INTAKE) && (config->roles & GB_ROLES_RECONCILE);

    gb_buf_printf(out, "roles: [%s%s%s]\n", config->roles & GB_ROLES_INTAKE ? "intake" : "",
                  has_both ? ", " : "", config->roles & GB_ROLES_RECONCILE ? "reconcile" : "");
}

void gb_config_write_effective(struct gb_buf *out, const struct gb_config *config)
{
    gb_buf_add_str(out, GB_STR("version: 1\nbridge:\n"));
    add_line(out, "  id", config->bridge_id);
    add_line(out, "  instance", config->instance);
    add_line(out, "  timezone", config->timezone);
    write_kafka(out, config);
    if (config->dsn.ptr != NULL || config->dsn_file.ptr != NULL) {
        gb_buf_add_str(out, GB_STR("postgres:\n"));
    }
    add_secret(out, "  dsn", config->dsn);
    add_line(out, "  dsn_file", config->dsn_file);
    write_sources(out, config);
    write_gateways(out, config);
    gb_buf_add_str(out, GB_STR("policy:\n"));
    add_line(out, "  refuse", config->refuse);
    gb_buf_printf(out, "lanes:\n  count: %lld\n", (long long)config->lanes_count);
    gb_buf_add_str(out, GB_STR("publish:\n"));
    add_line(out, "  mode", config->publish_mode);
    gb_buf_printf(out, "limits:\n  batch_records: %lld\n  batch_bytes: %lldB\n",
                  (long long)config->batch_records, (long long)config->batch_bytes);
    write_privacy(out, config);
    gb_buf_add_str(out, GB_STR("audit:\n"));
    add_line(out, "  hash", config->hash);
    gb_buf_add_str(out, GB_STR("log:\n"));
    add_line(out, "  level", config->log_level);
    write_roles(out, config);
}

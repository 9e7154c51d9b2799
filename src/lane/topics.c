#include "lane/topics.h"

#define HEAD "writeback."

void gb_topics_init(struct gb_topics *topics)
{
    memset(topics, 0, sizeof(*topics));
    for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
        topics->words[t] = gb_topic_word((enum gb_topic)t);
    }
}

void gb_topics_bind(struct gb_topics *topics, struct gb_arena *arena, uint32_t slot,
                    struct gb_str source)
{
    GB_CHECK(slot < GB_WRITEBACK_TOPICS && source.len > 0 &&
             !gb_str_is(topics->words[GB_TOPIC_WRITEBACK + slot]));
    topics->words[GB_TOPIC_WRITEBACK + slot] = GB_JOIN(arena, GB_STR(HEAD), source);
}

void gb_topics_copy(struct gb_topics *to, const struct gb_topics *from, struct gb_arena *arena)
{
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        to->words[t] = gb_arena_str(arena, from->words[t]);
        to->streams[t] = gb_arena_str(arena, from->streams[t]);
    }
}

struct gb_str gb_topics_word(const struct gb_topics *topics, enum gb_topic topic)
{
    return gb_str_is(topics->words[topic]) ? topics->words[topic] : gb_topic_word(topic);
}

bool gb_topics_find(const struct gb_topics *topics, struct gb_str word, enum gb_topic *topic)
{
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        if (gb_str_is(topics->words[t]) && gb_str_eq(topics->words[t], word)) {
            *topic = (enum gb_topic)t;
            return true;
        }
    }
    return false;
}

struct gb_str gb_topics_source_of(struct gb_str word)
{
    size_t head = sizeof(HEAD) - 1;

    if (word.len <= head || memcmp(word.ptr, HEAD, head) != 0) {
        return GB_STR_NONE;
    }
    return (struct gb_str){word.ptr + head, word.len - head};
}

bool gb_topics_find_target(const struct gb_topics *topics, struct gb_str source,
                           enum gb_topic *topic)
{
    for (int t = GB_TOPIC_WRITEBACK; t < GB_TOPIC_COUNT; t++) {
        struct gb_str of = gb_topics_source_of(topics->words[t]);

        if (gb_str_is(of) && gb_str_eq(of, source)) {
            *topic = (enum gb_topic)t;
            return true;
        }
    }
    return false;
}

/* Where reading of a source partition begins - committed offset, log and metadata compared - and
 * where it ends because its bytes are broken. */
#include <inttypes.h>

#include "lane/intake_machine.h"

static bool read_metadata(struct gb_str metadata, int64_t *offset, struct gb_str *hash)
{
    size_t i = 0;
    int64_t number = 0;

    while (i < metadata.len && i < 18 && metadata.ptr[i] >= '0' && metadata.ptr[i] <= '9') {
        number = number * 10 + (metadata.ptr[i] - '0');
        i++;
    }
    if (i == 0 || i >= metadata.len || metadata.ptr[i] != ':') {
        return false;
    }
    *offset = number;
    *hash = (struct gb_str){metadata.ptr + i + 1, metadata.len - i - 1};
    return true;
}

void gb_intake_halt_stream(struct gb_stream *stream, struct gb_str why,
                           struct gb_intake_effects *fx)
{
    struct gb_intake_effect *effect = gb_intake_add(fx, GB_IX_HALT);

    stream->is_halted = true;
    effect->halt.topic = stream->topic;
    effect->halt.partition = stream->partition;
    effect->text = why;
}

void gb_intake_place(struct gb_intake *intake, struct gb_stream *stream,
                     const struct gb_stream_start *start, struct gb_intake_effects *fx)
{
    int64_t last = 0;
    struct gb_str hash = GB_STR_NONE;

    stream->verify_offset = -1;
    stream->log_end = start->log_end;
    stream->next = start->committed;
    if (start->committed < 0) {
        stream->is_new = stream->is_starting = !stream->is_policy;
        stream->next = start->from_latest ? start->log_end : start->log_start;
    } else if (start->committed > start->log_end) {
        gb_intake_halt_stream(stream,
                    gb_arena_printf(&intake->step_arena,
                                    "%.*s: committed offset %" PRId64 " is beyond the log's end %"
                                    PRId64 ": was the topic created again?",
                                    GB_STR_ARG(stream->id), start->committed, start->log_end),
                    fx);
    } else if (start->committed < start->log_start) {
        gb_intake_halt_stream(stream,
                    gb_arena_printf(&intake->step_arena,
                                    "%.*s: records %" PRId64 " to %" PRId64
                                    " were deleted before they were read",
                                    GB_STR_ARG(stream->id), start->committed,
                                    start->log_start - 1),
                    fx);
    } else if (read_metadata(start->metadata, &last, &hash) && last >= start->log_start) {
        stream->verify_offset = last;
        stream->verify_hash = gb_arena_str(&intake->session_arena, hash);
    }
    stream->from = stream->next;
    stream->committed = start->committed;
}

struct gb_stream *gb_intake_stream(struct gb_intake *intake, struct gb_str topic,
                                   int32_t partition)
{
    char digits[GB_DIGITS_MAX];
    struct gb_str id = GB_JOIN(&intake->step_arena, intake->config.cluster, GB_STR("/"), topic,
                               GB_STR("/"), gb_int_text(digits, partition));

    return gb_map_get(&intake->by_id, id);
}

/* True the second time that a stream cannot be read at one place: the bytes there are broken, or
 * larger than the client unpacks, and will be so in every session. */
static bool is_broken(struct gb_intake *intake, const struct gb_stream *stream)
{
    uint64_t place = gb_fnv1a(gb_arena_printf(&intake->step_arena, "%.*s:%" PRId64,
                                              GB_STR_ARG(stream->id), stream->next));

    for (uint32_t i = 0; i < intake->unread_count && i < GB_UNREAD_MAX; i++) {
        if (intake->unread_at[i] == place) {
            return true;
        }
    }
    intake->unread_at[intake->unread_count++ % GB_UNREAD_MAX] = place;
    return false;
}

bool gb_intake_leave_broken(struct gb_intake *intake, const struct gb_intake_event *event,
                            struct gb_intake_effects *fx)
{
    struct gb_stream *stream =
        gb_intake_stream(intake, event->failed.topic, event->failed.partition);
    struct gb_intake_effect *effect;

    if (event->status != GB_BAD_RECORD || stream == NULL || !is_broken(intake, stream)) {
        return false;
    }
    stream->is_unreadable = true;
    effect = gb_intake_add(fx, GB_IX_HALT);
    effect->halt.topic = stream->topic;
    effect->halt.partition = stream->partition;
    effect->text = gb_arena_printf(&intake->step_arena,
                                   "%.*s: what stands at offset %" PRId64 " or behind it cannot be "
                                   "read: %.*s: nothing more of it is read until a restart",
                                   GB_STR_ARG(stream->id), stream->next,
                                   GB_STR_ARG(event->failed.words));
    return true;
}

void gb_intake_await_commit(struct gb_intake *intake)
{
    intake->is_committing = true;
    intake->commit_ticket = intake->tickets;
    intake->commit_left = intake->unacked;
}

void gb_intake_begin_new(struct gb_intake *intake, struct gb_intake_effects *fx)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < intake->streams_count; i++) {
        count += intake->streams[i].is_new;
    }
    if (count > 0) {
        gb_intake_add(fx, GB_IX_SAY)->text =
            gb_arena_printf(&intake->step_arena,
                            "%u streams have no committed offset: they begin anew", count);
        gb_intake_tick(intake, 0, fx);
        gb_intake_await_commit(intake);
    }
}

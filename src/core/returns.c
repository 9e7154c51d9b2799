/* See the header. */
#include "core/returns.h"

#include "base/jsonw.h"
#include "core/state.h"

static struct gb_returns *returns_get(struct gb_core *core, struct gb_observation *o)
{
    if (o->returns == NULL) {
        o->returns = gb_pool_take(&core->pool, sizeof(*o->returns));
    }
    return o->returns;
}

int64_t gb_returns_count(const struct gb_observation *o)
{
    return o->returns != NULL ? o->returns->count : 0;
}

void gb_returns_add(struct gb_core *core, struct gb_observation *o)
{
    struct gb_returns *r = returns_get(core, o);

    if (r->kept_count == GB_REFUSALS_MAX) {
        gb_pool_give_str(&core->pool, r->kept[0].why);
        r->kept_count--;
        memmove(r->kept, r->kept + 1, r->kept_count * sizeof(r->kept[0]));
    }
    r->count++;
    r->kept[r->kept_count++] = (struct gb_refusal){
        core->clock, gb_pool_str(&core->pool, o->image.state_code)};
}

int64_t gb_returns_of(const struct gb_matter *matter)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        count += gb_returns_count(matter->reports[i]);
    }
    return count;
}

static void write_refusals(struct gb_jsonw *w, const struct gb_returns *r)
{
    gb_jsonw_key(w, GB_STR("refusals"));
    gb_jsonw_array(w);
    for (uint32_t i = 0; i < r->kept_count; i++) {
        gb_jsonw_object(w);
        gb_jsonw_key_int(w, GB_STR("at"), r->kept[i].at);
        gb_jsonw_key_opt(w, GB_STR("why"), r->kept[i].why);
        gb_jsonw_end(w);
    }
    gb_jsonw_end(w);
    gb_jsonw_key_int(w, GB_STR("returns"), r->count);
}

struct gb_str gb_returns_write(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        if (gb_returns_count(o) > 0) {
            gb_jsonw_object(&w);
            gb_jsonw_key_str(&w, GB_STR("key"), o->id);
            write_refusals(&w, o->returns);
            gb_jsonw_key_str(&w, GB_STR("source"), o->source);
            gb_jsonw_end(&w);
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

void gb_returns_render(struct gb_jsonw *w, const struct gb_observation *o)
{
    if (gb_returns_count(o) > 0) {
        gb_jsonw_key(w, GB_STR("returned"));
        gb_jsonw_object(w);
        write_refusals(w, o->returns);
        gb_jsonw_end(w);
    }
}

void gb_returns_load(struct gb_core *core, struct gb_observation *o, const struct gb_value *row)
{
    const struct gb_value *returned = gb_value_get(row, GB_STR("returned"));
    const struct gb_value *list = gb_value_get(returned, GB_STR("refusals"));
    struct gb_returns *r;

    if (returned == NULL) {
        return;
    }
    r = returns_get(core, o);
    r->count = gb_value_int(returned, GB_STR("returns"), 0);
    for (uint32_t i = 0; list != NULL && i < list->count && r->kept_count < GB_REFUSALS_MAX; i++) {
        r->kept[r->kept_count++] = (struct gb_refusal){
            gb_value_int(&list->items[i], GB_STR("at"), 0),
            gb_pool_str(&core->pool, gb_value_str(&list->items[i], GB_STR("why")))};
    }
}

void gb_returns_drop(struct gb_core *core, struct gb_observation *o)
{
    for (uint32_t i = 0; o->returns != NULL && i < o->returns->kept_count; i++) {
        gb_pool_give_str(&core->pool, o->returns->kept[i].why);
    }
    gb_pool_give(&core->pool, o->returns, sizeof(*o->returns));
    o->returns = NULL;
}

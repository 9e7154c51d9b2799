/* When what a person settled is looked at again: once a field that the bundle lists under reopen
 * (decisions.yaml) is another than he saw. */
#include "base/jsonw.h"
#include "core/state.h"

struct gb_str gb_overlap_reopen(struct gb_core *core, const struct gb_matter *matter)
{
    static const enum gb_field fields[GB_REOPEN_COUNT] = {
#define X(name, word) GB_FIELD_AT_##name,
        GB_REOPEN_LIST(X)
#undef X
    };
    struct gb_jsonw w;

    if (matter == NULL || core->policy->reopen == 0) {
        return GB_STR_NONE;
    }
    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    for (int i = 0; i < GB_REOPEN_COUNT; i++) {
        struct gb_str json = matter->fields.json[fields[i]];

        if ((core->policy->reopen >> i & 1U) != 0) {
            gb_jsonw_key(&w, gb_field_word(fields[i]));
            gb_jsonw_raw(&w, gb_str_is(json) ? json : GB_STR("null"));
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

bool gb_overlap_is_outlived(struct gb_core *core, const struct gb_overlap *overlap)
{
    return gb_str_is(overlap->ruled_on) && overlap->ruled_fields == core->policy->reopen &&
           !gb_str_eq(overlap->ruled_on, gb_overlap_reopen(core, overlap->matter));
}

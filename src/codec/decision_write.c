/* See the header. Members stand in canonical order. */
#include "codec/decision_write.h"

#include "base/hash.h"
#include "base/jsonw.h"

static void write_actor(struct gb_jsonw *w, const struct gb_decision_draft *draft)
{
    gb_jsonw_key(w, GB_STR("actor"));
    gb_jsonw_object(w);
    gb_jsonw_key_opt(w, GB_STR("post"), draft->actor_post);
    gb_jsonw_key_opt(w, GB_STR("role"), draft->actor_role);
    gb_jsonw_end(w);
}

static void write_overlaps(struct gb_jsonw *w, const struct gb_decision_draft *draft)
{
    gb_jsonw_key(w, GB_STR("overlaps"));
    gb_jsonw_array(w);
    for (uint32_t i = 0; i < draft->overlaps_count; i++) {
        gb_jsonw_object(w);
        gb_jsonw_key_str(w, GB_STR("overlap"), draft->overlaps[i].id);
        gb_jsonw_key_int(w, GB_STR("version"), draft->overlaps[i].version);
        gb_jsonw_end(w);
    }
    gb_jsonw_end(w);
}

void gb_decision_write(struct gb_buf *out, const struct gb_decision_draft *draft)
{
    int64_t version = draft->overlaps_count == 1 ? draft->overlaps[0].version : draft->version;
    struct gb_jsonw w;

    gb_jsonw_init(&w, out);
    gb_jsonw_object(&w);
    write_actor(&w, draft);
    gb_jsonw_key_opt(&w, GB_STR("basis"), draft->basis);
    gb_jsonw_key_opt(&w, GB_STR("decision"), draft->decision);
    gb_jsonw_key_opt(&w, GB_STR("id"), draft->id);
    gb_jsonw_key_opt(&w, GB_STR("kind"), draft->kind);
    gb_jsonw_key_opt(&w, GB_STR("matter"), draft->matter);
    gb_jsonw_key_opt(&w, GB_STR("other"), draft->other);
    if (draft->overlaps_count == 1) {
        gb_jsonw_key_str(&w, GB_STR("overlap"), draft->overlaps[0].id);
    } else if (draft->overlaps_count > 1) {
        write_overlaps(&w, draft);
    }
    gb_jsonw_key_opt(&w, GB_STR("reason"), draft->reason);
    gb_jsonw_key_opt(&w, GB_STR("report"), draft->report);
    gb_jsonw_key_opt(&w, GB_STR("to"), draft->to);
    gb_jsonw_key_opt(&w, GB_STR("town"), draft->town);
    if (draft->until != 0) {
        gb_jsonw_key_int(&w, GB_STR("until"), draft->until);
    }
    if (version != 0) {
        gb_jsonw_key_int(&w, GB_STR("version"), version);
    }
    gb_jsonw_end(&w);
}

enum gb_status gb_decision_sign(struct gb_arena *arena, const struct gb_signer *signer,
                                struct gb_str value, struct gb_str *signature_hex,
                                struct gb_err *err)
{
    struct gb_gateway gateway = {.id = signer->gateway};
    struct gb_source_header headers[2];
    const struct gb_source_record in = {.value = value, .headers = headers, .headers_count = 2};
    struct gb_decision_read read;
    uint8_t signature[GB_SIGN_LEN];
    char *hex = gb_arena_take(arena, 2 * GB_SIGN_LEN + 1);

    if (!gb_sign_public(signer->seed, gateway.key) || !gb_sign(signer->seed, value, signature)) {
        return gb_fail(err, GB_BUG, "libcrypto cannot sign");
    }
    gb_hex(hex, signature, GB_SIGN_LEN);
    *signature_hex = (struct gb_str){hex, 2 * GB_SIGN_LEN};
    headers[0] = (struct gb_source_header){GB_STR("gb_gateway"), signer->gateway};
    headers[1] = (struct gb_source_header){GB_STR("gb_signature"), *signature_hex};
    return gb_decision_read(arena, &(struct gb_gateways){&gateway, 1}, &in, &read, err);
}

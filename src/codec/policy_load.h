/* A policy bundle from its files: checked, compiled, content-addressed. */
#ifndef CODEC_POLICY_LOAD_H
#define CODEC_POLICY_LOAD_H

#include "codec/files.h"
#include "codec/yaml.h"
#include "core/policy.h"

/* False for NAME.policy_test.yaml: test cases may lie beside a bundle, but are no part of it: they
 * are neither hashed, nor checked with it, nor stored. */
bool gb_policy_is_part(struct gb_str name);

/* Hex SHA-256 over (name 0x00 bytes 0x00) of each file that is part of the bundle, by name. */
struct gb_str gb_policy_hash(struct gb_arena *arena, const struct gb_files *files);

/* Compiles a bundle into arena; every mistake of every file is added as file:line:col. NULL if
 * there was any. Files borrowed for the call only. */
const struct gb_policy *gb_policy_load(struct gb_arena *arena, const struct gb_files *files,
                                       struct gb_mistakes *mistakes) GB_MUST_CHECK;

#endif

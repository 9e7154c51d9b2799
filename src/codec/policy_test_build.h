/* What the files of codec/policy_test*.c share. */
#ifndef CODEC_POLICY_TEST_BUILD_H
#define CODEC_POLICY_TEST_BUILD_H

#include "codec/dry.h"
#include "codec/policy_test.h"

struct gb_policy_case {
    const struct gb_policy *policy;
    struct gb_policy_test *test;
    struct gb_arena *arena;      /* of the file */
    const struct gb_yaml *node;  /* the case */
    struct gb_record *records;   /* in the arena */
    int64_t first_at, last_at;   /* times of occurrence, ms */
    uint32_t records_count;
};

/* Reads the case's reports as records; false after a mistake. */
bool gb_policy_case_read(struct gb_policy_case *c);

/* Compares what came with what the case expects; each difference is a line. */
void gb_policy_case_compare(struct gb_policy_case *c, const struct gb_dry *dry);

#endif

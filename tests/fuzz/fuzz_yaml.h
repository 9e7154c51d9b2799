/* For targets that read YAML: libfyaml 0.7.12 itself leaks the buffer of a long quoted text that a
 * syntax error follows (corpus/config/leak_of_library; at most the file's 1 MB). What it allocates
 * is left out of the search for leaks here; unit tests read good and bad YAML without this. */
#ifndef TESTS_FUZZ_YAML_H
#define TESTS_FUZZ_YAML_H

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

#endif

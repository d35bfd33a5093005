#include "harness.h"

#include <setjmp.h>

static jmp_buf end_of_test;
static int passed, failed;

void test_fails(const char *file, int line, const char *what) {
    printf("  %s:%d: %s\n", file, line, what);
    longjmp(end_of_test, 1);
}

void check_status(const char *file, int line, int32_t found, int32_t expected) {
    if (found != expected) {
        matchport_string is = matchport_status_text(found), should = matchport_status_text(expected);
        char what[300];
        snprintf(what, sizeof what, "status is %d (%.*s), should be %d (%.*s)", found, (int)is.length, is.data, expected,
                 (int)should.length, should.data);
        test_fails(file, line, what);
    }
}

void check_text(const char *file, int line, matchport_string found, const char *expected) {
    if (found.data == NULL || found.length != strlen(expected) || memcmp(found.data, expected, found.length) != 0) {
        char what[600];
        snprintf(what, sizeof what, "text is \"%.*s\", should be \"%s\"", (int)(found.length > 250 ? 250 : found.length),
                 found.data == NULL ? "" : found.data, expected);
        test_fails(file, line, what);
    }
}

int contains(matchport_string text, const char *part) {
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= text.length; at++) {
        if (memcmp(text.data + at, part, length) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A function of its own, with no variable that the jump could spoil. */
static int goes_well(const test *one) {
    if (setjmp(end_of_test) != 0) {
        return 0;
    }
    one->run();
    return 1;
}

void run_tests(const test *tests, size_t count, const char *only) {
    for (size_t i = 0; i < count; i++) {
        if (only != NULL && strcmp(only, tests[i].name) != 0) {
            continue;
        }
        int well = goes_well(&tests[i]);
        *(well ? &passed : &failed) += 1;
        printf("%s %s\n", well ? "PASS" : "FAIL", tests[i].name);
        fflush(stdout);
    }
}

int report_tests(void) {
    printf("%d passed, %d failed\n", passed, failed);
    fflush(stdout);
    return failed == 0 && passed > 0 ? 0 : 1;
}

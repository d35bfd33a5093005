/* A few lines of test harness: tests are functions in tables, checks name their line, and the last line of a program is
 * "N passed, N failed". */
#ifndef HARNESS_H
#define HARNESS_H

#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct test {
    const char *name;
    void (*run)(void);
} test;

/* Ends the test that runs, as failed. */
void test_fails(const char *file, int line, const char *what);
/* Compares, and fails with both texts. */
void check_status(const char *file, int line, int32_t found, int32_t expected);
void check_text(const char *file, int line, matchport_string found, const char *expected);

#define CHECK(condition) ((condition) ? (void)0 : test_fails(__FILE__, __LINE__, #condition))
#define CHECK_STATUS(found, expected) check_status(__FILE__, __LINE__, (found), MATCHPORT_STATUS_##expected)
#define CHECK_OK(found) CHECK_STATUS(found, OK)
#define CHECK_TEXT(found, expected) check_text(__FILE__, __LINE__, (found), (expected))

/* Whether `part` stands in the text. */
int contains(matchport_string text, const char *part);

/* Runs a table, or only its test of that name when `only` is not null. */
void run_tests(const test *tests, size_t count, const char *only);
/* Prints the last line; gives what main returns. */
int report_tests(void);

#endif

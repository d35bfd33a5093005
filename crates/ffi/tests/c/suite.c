/* All tests of libmatchport from C. With an argument: only the test of that name. */
#include "harness.h"

extern const test host_tests[], hostile_tests[], built_in_tests[];
extern const size_t host_test_count, hostile_test_count, built_in_test_count;

int main(int argc, char **argv) {
    const char *only = argc > 1 ? argv[1] : NULL;
    if (matchport_abi_version() != MATCHPORT_ABI_VERSION) {
        puts("the library is of another version than the header\n0 passed, 1 failed");
        return 1;
    }
    run_tests(host_tests, host_test_count, only);
    run_tests(hostile_tests, hostile_test_count, only);
    run_tests(built_in_tests, built_in_test_count, only);
    return report_tests();
}

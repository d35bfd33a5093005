/* All tests of libmatchport from C. With arguments only those of these names: "host", "hostile", "texts", "built-in" and
 * "sockets" stand for all tests in the file of that name. */
#include "harness.h"

extern const test host_tests[], hostile_tests[], text_tests[], built_in_tests[], sockets_tests[];
extern const size_t host_test_count, hostile_test_count, text_test_count, built_in_test_count, sockets_test_count;

int main(int argc, char **argv) {
    struct {
        const char *name;
        const test *tests;
        size_t count;
    } groups[] = {
        {"host", host_tests, host_test_count},
        {"hostile", hostile_tests, hostile_test_count},
        {"texts", text_tests, text_test_count},
        {"built-in", built_in_tests, built_in_test_count},
        {"sockets", sockets_tests, sockets_test_count},
    };
    if (matchport_abi_version() != MATCHPORT_ABI_VERSION) {
        puts("the library is of another version than the header\n0 passed, 1 failed");
        return 1;
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (argc < 2) {
            run_tests(groups[i].tests, groups[i].count, NULL);
        }
        for (int argument = 1; argument < argc; argument++) {
            int whole_group = strcmp(argv[argument], groups[i].name) == 0;
            run_tests(groups[i].tests, groups[i].count, whole_group ? NULL : argv[argument]);
        }
    }
    return report_tests();
}

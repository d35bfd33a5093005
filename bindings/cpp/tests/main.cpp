// Runs all tests, or those of the groups and names that are given.
#include "harness.hpp"

static bool wanted(const Test &test, int count, char **words) {
    for (int i = 1; i < count; i++) {
        if (std::strcmp(words[i], test.group) == 0 || std::strcmp(words[i], test.name) == 0) {
            return true;
        }
    }
    return count < 2;
}

int main(int count, char **words) {
    int passed = 0, failed = 0;
    for (const Test &test : tests()) {
        if (!wanted(test, count, words)) {
            continue;
        }
        test_failed() = false;
        test.run();
        (test_failed() ? failed : passed)++;
        std::printf("%s %s\n", test_failed() ? "FAIL" : "PASS", test.name);
        std::fflush(stdout);
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

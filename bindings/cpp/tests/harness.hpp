// A few lines of test harness that needs neither exceptions nor RTTI: a test is a function that TEST registers, a CHECK that
// fails ends it, and the last line of the program is "N passed, N failed".
#ifndef HARNESS_HPP
#define HARNESS_HPP

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

struct Test {
    const char *group;
    const char *name;
    void (*run)();
};

inline std::vector<Test> &tests() {
    static std::vector<Test> all;
    return all;
}

inline bool &test_failed() {
    static bool failed = false;
    return failed;
}

struct Registered {
    Registered(const char *group, const char *name, void (*run)()) { tests().push_back({group, name, run}); }
};

inline void say_failed(const char *file, int line, const char *what) {
    std::printf("  %s:%d: %s\n", file, line, what);
    test_failed() = true;
}

inline std::string shown(std::string_view text) { return '"' + std::string(text) + '"'; }

#define TEST(group, name)                                                                                                  \
    static void name();                                                                                                    \
    static const Registered name##_registered(#group, #name, name);                                                        \
    static void name()

// In a function or lambda that returns nothing.
#define CHECK(condition)                                                                                                   \
    do {                                                                                                                   \
        if (!(condition)) {                                                                                                \
            say_failed(__FILE__, __LINE__, #condition);                                                                    \
            return;                                                                                                        \
        }                                                                                                                  \
    } while (false)

#define CHECK_TEXT(found, expected)                                                                                        \
    do {                                                                                                                   \
        const std::string is_(found), should_(expected);                                                                   \
        if (is_ != should_) {                                                                                              \
            say_failed(__FILE__, __LINE__, (#found " is " + shown(is_) + ", should be " + shown(should_)).c_str());        \
            return;                                                                                                        \
        }                                                                                                                  \
    } while (false)

#define CHECK_CONTAINS(text, part)                                                                                         \
    do {                                                                                                                   \
        const std::string in_(text), part_(part);                                                                          \
        if (in_.find(part_) == std::string::npos) {                                                                        \
            say_failed(__FILE__, __LINE__, (#text " is " + shown(in_) + " without " + shown(part_)).c_str());              \
            return;                                                                                                        \
        }                                                                                                                  \
    } while (false)

#endif

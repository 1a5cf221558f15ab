// What every test program prints: "ok - sentence" or "not ok - sentence: reason".
//
// Nothing here allocates (snprintf to the stack, then write), so that a check never
// disturbs the figures it checks.
#ifndef CORE_TESTS_CHECK_H
#define CORE_TESTS_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct check_state {
    const char *name;
    bool failed;
    int failures;
};

static struct check_state check_state;

static inline void check_write(const char *format, ...) __attribute__((format(printf, 1, 2), unused));
static inline void check_write(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof text - 1) length = (int)sizeof text - 1;
    ssize_t written = write(STDOUT_FILENO, text, (size_t)length);
    (void)written;
}

/// Begins a test; the one before must have been ended.
static inline void test(const char *name) {
    check_state.name = name;
    check_state.failed = false;
}

/// Only the first reason is printed: what follows a failure is rarely independent of it.
static inline void check_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4),
    unused));
static inline void check_fail(const char *file, int line, const char *format, ...) {
    if (check_state.failed) return;
    check_state.failed = true;
    check_state.failures++;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *base = strrchr(file, '/');
    check_write("not ok - %s: %s:%d: %s\n", check_state.name, base ? base + 1 : file, line, text);
}

static inline void end(void) {
    if (!check_state.failed) check_write("ok - %s\n", check_state.name);
}

static inline void skip(const char *reason) {
    if (!check_state.failed) check_write("ok - %s # skipped: %s\n", check_state.name, reason);
    check_state.failed = true;
}

#define expect(condition, ...) \
    do { \
        if (!(condition)) check_fail(__FILE__, __LINE__, __VA_ARGS__); \
    } while (0)

#define expect_equal(actual, wanted, what) \
    do { \
        long long actual_ = (long long)(actual), wanted_ = (long long)(wanted); \
        if (actual_ != wanted_) \
            check_fail(__FILE__, __LINE__, "%s is %lld, not %lld", what, actual_, wanted_); \
    } while (0)

/// The exit status of a test program: the runner counts lines, this is for a human.
static inline int check_result(void) {
    return check_state.failures ? 1 : 0;
}

#endif

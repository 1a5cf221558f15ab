// What the memory checks reported since a mark; to be compared with the error just made.
#ifndef CORE_TESTS_ERRORS_H
#define CORE_TESTS_ERRORS_H

#include "live.h"

static uint64_t errors_before;

static inline void mark_errors(void) {
    errors_before = mscope_error_count();
}

/// The report that was made first of those the table got last.
static inline struct mscope_error last_error(void) {
    static struct mscope_error all[1024];
    uint32_t cursor = 0;
    size_t count = mscope_read_errors(&cursor, all, 1024);
    struct mscope_error none;
    memset(&none, 0, sizeof none);
    return count ? all[count - 1] : none;
}

static inline uint64_t new_errors(void) {
    return mscope_error_count() - errors_before;
}

/// Whether a stack has a frame within `function`, a noinline one of a few hundred bytes.
static inline bool stack_has(uint32_t site, void *function) {
    struct mscope_site found;
    if (site == 0 || !mscope_read_site(site, &found)) return false;
    for (uint32_t i = 0; i < found.frame_count; i++)
        if (found.frames[i] - (uint64_t)(uintptr_t)function < 600) return true;
    return false;
}

#define expect_errors(count_) expect_equal(new_errors(), count_, "the number of reports")

/// One new report, of this kind, about this block.
#define expect_error(kind_, block_, size_, offset_) \
    do { \
        struct mscope_error e_ = last_error(); \
        expect_errors(1); \
        expect_equal(e_.kind, kind_, "the report's kind"); \
        expect_equal(e_.block, (uint64_t)(uintptr_t)(block_), "the block it is about"); \
        expect_equal(e_.size, size_, "that block's size"); \
        expect_equal(e_.offset, offset_, "the offset"); \
    } while (0)

#endif

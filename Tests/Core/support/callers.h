// Compares a recorded stack with the callers a test knows by name.
#ifndef CORE_TESTS_CALLERS_H
#define CORE_TESTS_CALLERS_H

#include <stddef.h>

/// Allocates `size` bytes, so that the caller is the innermost frame that counts.
void *_Nullable callers_allocate(size_t size);

/// Prints "ok" when the stack of `block` has functions whose symbols contain the words of
/// `names` (separated by blanks, innermost first), in that order, then frees the block.
void callers_expect(void *_Nullable block, const char *_Nonnull test, const char *_Nonnull names);

/// Prints "ok" when `block` was recorded as a task's, or as no task's when `with_task` is 0, then frees the block.
void callers_expect_task(void *_Nullable block, const char *_Nonnull test, int with_task);

/// Exit status of the program.
int callers_result(void);

#endif

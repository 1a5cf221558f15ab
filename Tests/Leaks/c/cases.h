// C and C++ programs with known leaks: see docs/testing.md.
#ifndef C_CASES_H
#define C_CASES_H

#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "../support/support.h"

struct leak_case {
    const char *name;
    void (*run)(void);
};

/// Ends with an entry without a name.
extern const struct leak_case lost_cases[], held_cases[], shape_cases[], thread_cases[], cpp_cases[], end_cases[],
    kernel_cases[];

/// Set: `main` takes it to its frame, and returns.
extern void *cases_left_in_main;

/// A block of this size that was written to.
void *filled(size_t size);

#ifdef __cplusplus
}
#endif

#endif

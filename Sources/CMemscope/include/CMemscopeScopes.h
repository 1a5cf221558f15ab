// scopes.c: what one part of a program allocates, for example a test, whatever else runs meanwhile.
//
// A scope belongs to Swift tasks: those in which a task-local variable has its number. A task inherits the variable
// from the task that makes it, but a detached task does not, and plain threads and dispatch queues have none.
#ifndef MSCOPE_CMEMSCOPE_SCOPES_H
#define MSCOPE_CMEMSCOPE_SCOPES_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct mscope_scope_counts {
    uint64_t allocations, allocated_bytes;
    uint64_t live_blocks, live_bytes; // of its blocks, wherever they are freed
    uint64_t peak_live_bytes;
};

/// The key of the task-local variable: the `TaskLocal<UInt32>` object behind it, which must live for ever.
void mscope_set_scope_key(const void *key);
/// A new scope inside `parent`, or 0 for none; returns 0 when 65,535 were made already. Numbers are not used again.
uint32_t mscope_make_scope(uint32_t parent);
/// To be called whenever the calling task's variable has changed.
void mscope_scope_changed(void);
/// What was counted since the scope was made, with the scopes inside it; nothing is counted in `sampled` and `off`
/// mode.
void mscope_read_scope(uint32_t scope, struct mscope_scope_counts *out);
/// Whether a block with this `born` was allocated in the scope, or in one inside it.
bool mscope_scope_has(uint32_t scope, uint64_t born);
/// Clears old words, left by functions that have returned, below the caller's frame. The frames of code that looks for
/// leaks lie there next, and an old pointer in a part that this code does not use would make a lost block look held.
void mscope_wipe_stack(void);

#pragma clang assume_nonnull end

#endif

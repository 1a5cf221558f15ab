// scopes.c: what named parts of a program allocate, whatever else runs meanwhile.
//
// A scope is a part of the program; each time the part runs is a call. A call belongs to a Swift task, or to a thread
// outside of tasks, and to all tasks made in it: a task-local variable has it. A detached task does not inherit the
// variable, and neither does a block on a dispatch queue.
#ifndef MSCOPE_CMEMSCOPE_SCOPES_H
#define MSCOPE_CMEMSCOPE_SCOPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// What was counted for a scope and the scopes inside it.
struct mscope_scope_counts {
    uint64_t allocations, allocated_bytes;
    uint64_t live_blocks, live_bytes;       // of its blocks, wherever they are freed
    uint64_t escaped_blocks, escaped_bytes; // live, and the call that they were allocated in has ended
    uint64_t peak_live_bytes; // a lower bound: at most 4 KiB too low for each call and task with live blocks
    // of the scope itself:
    uint64_t calls, running; // that began; that have not ended
    uint64_t nanoseconds;    // of the calls that have ended
};

/// The key of the task-local variable: the `TaskLocal` object behind it, which must live for ever. The variable holds
/// an object of a Swift class whose first stored property is the call's number, a UInt32, or no object.
void mscope_set_call_key(const void *key);
/// A new scope inside `parent`, or 0 for none; returns 0 when 65,535 were made already. Numbers are not used again.
/// exact: so is its peak, which costs more.
uint32_t mscope_make_scope(uint32_t parent, bool exact);
/// Keeps a text for a scope, which forked children know, too; false when there is no memory. Each scope gets one once.
bool mscope_name_scope(uint32_t scope, const char *text, size_t size);
/// The text of a scope, which stays where it is; NULL when it has none.
const char *_Nullable mscope_scope_text(uint32_t scope, size_t *size);
/// Begins a call of a scope, inside the call `parent` or 0. Returns 0 when there are too many, or too many in each
/// other: then the caller's blocks belong to no call. context: any thread
uint32_t mscope_begin_call(uint32_t scope, uint32_t parent);
/// To be called by the task or thread that began the call, when the variable has its old value again.
void mscope_end_call(uint32_t call);
/// To be called once after mscope_end_call, when no task's variable holds the call.
void mscope_release_call(uint32_t call);
/// To be called whenever the variable of the calling task or thread has changed.
void mscope_call_changed(void);
/// How many scopes were made.
uint32_t mscope_scope_count(void);
/// How many calls found no place.
uint64_t mscope_dropped_calls(void);
/// Reads the counts of the scopes [0, count) into out[0 ..< count]; those of scope 0 are of blocks in no scope, in
/// Swift tasks. In `sampled` mode they are estimates.
void mscope_read_scopes(struct mscope_scope_counts *out, uint32_t count);
void mscope_read_scope(uint32_t scope, struct mscope_scope_counts *out);
/// Whether a block with this `born` was allocated in the scope, or in one inside it.
bool mscope_scope_has(uint32_t scope, uint64_t born);
/// Whether a call of the scope, in which a block of the call `call` was allocated, had ended when the walk began that
/// delivers the block.
bool mscope_has_escaped(uint32_t call, uint32_t scope);
/// From now on freed blocks are cleared. Tasks make frames of such memory and do not use all of it: to the scan, an old
/// pointer there would hold an unreachable block that was later allocated at the same address.
void mscope_clear_what_is_freed(void);
/// Clears old words, left by functions that have returned, below the caller's frame. The frames of code that looks for
/// leaks lie there next, and an old pointer in a part that this code does not use would make an unreachable block look
/// held.
void mscope_wipe_stack(void);

#pragma clang assume_nonnull end

#endif

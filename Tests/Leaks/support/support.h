// Functions that the cases need and that Swift cannot express: see support.c.
#ifndef CASES_SUPPORT_H
#define CASES_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Reads nothing, but no optimiser knows that: what was shown here has to exist.
void cases_show(const void *_Nullable value);
/// Calls back from several frames further down.
void cases_deep(int depth, void (*body)(void *_Nullable), void *_Nullable argument);
/// Overwrites what dead frames left below the caller's, and the registers that a call does not keep.
void cases_clobber(void);

/// Makes a block for a thread to hold.
typedef void *_Nullable (*cases_make)(void);
/// A thread that waits in `read` with the block in one callee-saved register and nowhere else; returns when it waits.
void cases_block_in_read(cases_make make);
/// The same in `nanosleep`, with the block on the thread's stack.
void cases_block_in_sleep(cases_make make);
/// A thread that computes for ever with the block in one register.
void cases_spin(cases_make make);

/// The reading end of a pipe that nobody writes to.
int cases_silent_descriptor(void);

/// A node of C, for Swift to hold or to be held by.
struct cases_node {
    struct cases_node *_Nullable next;
    void *_Nullable payload;
};
struct cases_node *cases_node_new(struct cases_node *_Nullable next, void *_Nullable payload);

#pragma clang assume_nonnull end

#endif

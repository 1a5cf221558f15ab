// Scopes and their calls.
#ifndef MSCOPE_RECORD_SCOPES_H
#define MSCOPE_RECORD_SCOPES_H

#include "record/bank.h"

// ---- scopes.c
MSCOPE_HIDDEN bool mscope_scopes_start(void);
/// The list of free accounts of a scope; 0: of no scope.
MSCOPE_HIDDEN mscope_free_list *mscope_free_accounts(uint32_t scope);
/// How many live bytes an account of the scope need not tell.
MSCOPE_HIDDEN uint64_t mscope_slack_of(uint32_t scope);

// ---- calls.c
/// The call that the calling task or thread is in; 0: none. context: hook path, once per task, thread and call
MSCOPE_HIDDEN uint32_t mscope_call_here(void);
MSCOPE_HIDDEN uint32_t mscope_scope_of_call(uint32_t call);
MSCOPE_HIDDEN uint32_t mscope_outer_call(uint32_t call);
/// When a call ended, as mscope_now() says; 0 while it runs.
MSCOPE_HIDDEN uint64_t mscope_end_of_call(uint32_t call);
/// Keeps a call's number as long as an account has it.
MSCOPE_HIDDEN void mscope_use_call(uint32_t call);
MSCOPE_HIDDEN void mscope_leave_call(uint32_t call);

/// Calls may be in each other this deep.
enum { MSCOPE_CALL_DEPTH = 128 };

// ---- scopes.c, for calls.c
MSCOPE_HIDDEN void mscope_count_call(uint32_t scope);
MSCOPE_HIDDEN void mscope_count_call_end(uint32_t scope, uint64_t nanoseconds);

#endif

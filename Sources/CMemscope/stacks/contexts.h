// Callers that wait in async contexts, and which code is async.
#ifndef MSCOPE_STACKS_CONTEXTS_H
#define MSCOPE_STACKS_CONTEXTS_H

#include "stacks/step.h"

// ---- contexts.c
/// The context of the async function whose frame is the outermost in the space: `how` unwinding ended there, with which
/// `fp`. 0 when the function has none, or when the word is no context: then the space's tail is marked as lacking
/// callers.
MSCOPE_HIDDEN uint64_t mscope_innermost_context(struct mscope_space *space, enum mscope_step how, uint64_t fp);
/// Adds the callers that wait in a context and its parents to the space's tail; at the call its hash is that of the
/// `depth` frames before them. Only the entry of a function to be resumed is known: it is kept as entry + 1, because
/// every reader of return addresses subtracts 1.
MSCOPE_HIDDEN void mscope_follow_contexts(struct mscope_space *space, uint64_t context, uint32_t depth);

// ---- async.c
/// 1 when the code before a return address belongs to an async function, 0 when not, -1 while the image's symbols are
/// being read.
MSCOPE_HIDDEN int mscope_is_async(uint64_t pc);
MSCOPE_HIDDEN void mscope_forget_async(uint64_t start);

#endif

// Callers that wait in async contexts, and the code that they belong to.
#ifndef MSCOPE_STACKS_CONTEXTS_H
#define MSCOPE_STACKS_CONTEXTS_H

#include "stacks/unwinder.h"

// ---- contexts.c
/// An async function without a frame has its context in the register that every frame inside of it leaves alone or
/// saves, the innermost one being the caller of our hook. The register may hold anything: `word` if it is a context,
/// else 0, and the space's tail says that callers are missing.
MSCOPE_HIDDEN uint64_t mscope_context_in(struct mscope_space *space, uint64_t word);
/// The context of the async function at the memo's frame 0; 0 when it has none, or as above.
MSCOPE_HIDDEN uint64_t mscope_innermost_context(struct mscope_space *space);
/// Puts the callers that wait in a context and its parents into the space's tail, which has the hash of the `depth`
/// frames before them. Of a function to be resumed only the entry is known: it is kept as entry + 1, which every reader
/// of return addresses takes back.
MSCOPE_HIDDEN void mscope_follow_contexts(struct mscope_space *space, uint64_t context, uint32_t depth);

// ---- async.c
/// 1 when the code around a return address belongs to an async function, 0 when not, -1 while that is being read.
MSCOPE_HIDDEN int mscope_is_async(uint64_t pc);
MSCOPE_HIDDEN void mscope_forget_async(uint64_t start);

#endif

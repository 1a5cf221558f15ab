// Code without unwind information. Swift's compiler emits a lot of it: metadata accessors, witness table instantiators
// and the like are `nounwind` and have no entry in .eh_frame, yet they have a usual frame. The code itself proves this:
// the function begins by pushing the frame pointer and setting it.
#include "stacks/rules.h"
#include "stacks/stacks.h"

#if defined(__x86_64__)

enum { MSCOPE_PROLOGUE_REACH = 8192, MSCOPE_FUNCTION_ALIGNMENT = 16 };

/// push %rbp; mov %rsp,%rbp, perhaps behind endbr64.
static bool mscope_sets_frame(const uint8_t *code)
{
    if (code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x1e && code[3] == 0xfa) code += 4;
    return code[0] == 0x55 && code[1] == 0x48 && code[2] == 0x89 && code[3] == 0xe5;
}

/// The bytes that occur in int3 and in the multi-byte nops between functions.
static bool mscope_is_padding(uint8_t byte)
{
    switch (byte) {
    case 0xcc:
    case 0x90:
    case 0x66:
    case 0x2e:
    case 0x0f:
    case 0x1f:
    case 0x84:
    case 0x80:
    case 0x44:
    case 0x40:
    case 0x00: return true;
    default: return false;
    }
}

/// Whether an instruction that ends a function may end right before `p`: ret, ud2, jmp.
static bool mscope_may_end_here(const uint8_t *p)
{
    return p[-1] == 0xc3 || (p[-2] == 0x0f && p[-1] == 0x0b) || p[-5] == 0xe9 || p[-2] == 0xeb;
}

/// Whether a function may have ended before `start` with nothing but padding in between. Displacements can look like
/// padding, so every possible end counts: in case of doubt another function may begin here.
static bool mscope_may_begin_here(const uint8_t *start, const uint8_t *lowest)
{
    for (const uint8_t *p = start; p > lowest + 5 && p > start - MSCOPE_FUNCTION_ALIGNMENT; p--) {
        if (mscope_may_end_here(p)) return true;
        if (!mscope_is_padding(p[-1])) return false;
    }
    return true;
}

/// Whether the function around the return address `pc` has a usual frame. `lowest` is where code without unwind
/// information begins, so the function begins at or after it.
bool mscope_proves_frame(uint64_t pc, uint64_t lowest)
{
    if (pc - lowest > MSCOPE_PROLOGUE_REACH) lowest = pc - MSCOPE_PROLOGUE_REACH;
    const uint8_t *first = (const uint8_t *)lowest;
    uint64_t start = (pc - 1) & ~(uint64_t)(MSCOPE_FUNCTION_ALIGNMENT - 1);
    for (; start >= lowest + 8; start -= MSCOPE_FUNCTION_ALIGNMENT) {
        const uint8_t *code = (const uint8_t *)start;
        if (mscope_sets_frame(code)) return pc - start > 4;
        if (mscope_may_begin_here(code, first)) return false;
    }
    return start >= lowest && pc - start > 4 && mscope_sets_frame((const uint8_t *)start);
}

#else

bool mscope_proves_frame(uint64_t pc, uint64_t lowest)
{
    (void)pc;
    (void)lowest;
    return false;
}

#endif

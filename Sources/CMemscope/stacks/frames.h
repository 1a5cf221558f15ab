// A frame with the registers that a function preserves for its caller: those that the unwind tables can restore.
#ifndef MSCOPE_STACKS_FRAMES_H
#define MSCOPE_STACKS_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

#if defined(__x86_64__)

enum { MSCOPE_KEPT = 6, MSCOPE_KEPT_FP = 1 }; // rbx, rbp, r12 to r15
/// The index of a register in `kept`, by its DWARF number; -1 for a register that a call may change.
static inline int mscope_kept_index(uint64_t which)
{
    if (which >= 12 && which <= 15) return (int)which - 10;
    return which == 3 ? 0 : which == MSCOPE_DWARF_FP ? MSCOPE_KEPT_FP : -1;
}

/// Whether the instruction before `pc` is a system call.
static inline bool mscope_is_behind_call(uint64_t pc)
{
    const uint8_t *code = (const uint8_t *)(pc - 2);
    return code[0] == 0x0f && code[1] == 0x05;
}

/// The target of a direct jump at `at`; 0 when another instruction is there.
static inline uint64_t mscope_jump_target(uint64_t at)
{
    int32_t distance;
    if (*(const uint8_t *)at != 0xe9) return 0;
    __builtin_memcpy(&distance, (const uint8_t *)at + 1, sizeof(distance));
    return at + 5 + (uint64_t)(int64_t)distance;
}

#else

enum { MSCOPE_KEPT = 11, MSCOPE_KEPT_FP = 10 }; // x19 to x29
static inline int mscope_kept_index(uint64_t which)
{
    return which >= 19 && which <= 29 ? (int)which - 19 : -1;
}

static inline bool mscope_is_behind_call(uint64_t pc)
{
    return *(const uint32_t *)(pc - 4) == 0xd4000001;
}

static inline uint64_t mscope_jump_target(uint64_t at)
{
    uint32_t code = at % 4 == 0 ? *(const uint32_t *)at : 0;
    if (code >> 26 != 5) return 0;
    return at + (uint64_t)((int64_t)(int32_t)(code << 6) >> 4);
}

#endif

struct mscope_frame {
    uint64_t pc, sp;
    uint64_t kept[MSCOPE_KEPT];
    uint32_t known; // one bit for each register whose value is known
};
enum { MSCOPE_ALL_KEPT = (1 << MSCOPE_KEPT) - 1 };

/// The frame of the function that uses this.
MSCOPE_INLINE struct mscope_frame mscope_frame_here(void)
{
    struct mscope_frame frame = {.known = MSCOPE_ALL_KEPT};
    uint64_t *kept = frame.kept;
#if defined(__x86_64__)
    __asm__ volatile("movq %%rbx, %0\n\tmovq %%rbp, %1\n\tmovq %%r12, %2\n\tmovq %%r13, %3\n\tmovq %%r14, %4\n\t"
                     "movq %%r15, %5\n\tmovq %%rsp, %6\n\tleaq 0(%%rip), %7"
                     : "=m"(kept[0]), "=m"(kept[1]), "=m"(kept[2]), "=m"(kept[3]), "=m"(kept[4]), "=m"(kept[5]),
                       "=m"(frame.sp), "=r"(frame.pc));
#else
    uint64_t sp;
    __asm__ volatile("stp x19, x20, [%2]\n\tstp x21, x22, [%2, #16]\n\tstp x23, x24, [%2, #32]\n\t"
                     "stp x25, x26, [%2, #48]\n\tstp x27, x28, [%2, #64]\n\tstr x29, [%2, #80]\n\t"
                     "mov %0, sp\n\tadr %1, ."
                     : "=&r"(sp), "=&r"(frame.pc)
                     : "r"(kept)
                     : "memory");
    frame.sp = sp;
#endif
    return frame;
}

#endif

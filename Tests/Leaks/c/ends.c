// What stacks hold when the process ends: nothing below the call that ends the process, everything above it.
#include "cases.h"

enum { WORDS = 2000 };

/// Leaves a block's address in every word on which the next call's frames may lie.
static __attribute__((noinline)) void stain(size_t size)
{
    void *volatile words[WORDS];
    void *block = filled(size);
    for (int i = 0; i < WORDS; i++) words[i] = block;
}

static void below_exit(void)
{
    stain(41);
    exit(0);
}

static void below_quick_exit(void)
{
    stain(42);
    quick_exit(0);
}

static void below_immediate_exit(void)
{
    stain(43);
    _Exit(0);
}

/// The frame of `main` is gone when `main` has returned.
static void in_frame_of_main(void)
{
    cases_left_in_main = filled(44);
}

static void in_caller_of_exit(void)
{
    void *volatile held = filled(45);
    cases_show(held);
    exit(0);
}

static void __attribute__((noinline)) end_with(void (*end)(int))
{
    end(0);
}

static void in_caller_of_caller(void)
{
    void *volatile held = filled(46);
    cases_show(held);
    end_with(quick_exit);
    cases_show(held);
}

/// Only in a register that a call leaves alone, so that frames of exit have it or the register still does.
static void in_register_at_exit(void)
{
#if defined(__x86_64__)
    void *held = filled(47);
    __asm__ volatile("movq %0, %%rbx\n\txorl %%edi, %%edi\n\tandq $-16, %%rsp\n\tcall exit@PLT"
                     :
                     : "a"(held)
                     : "rbx", "rdi");
#else
    in_caller_of_exit();
#endif
}

const struct leak_case end_cases[] = {
    {"lost-below-exit", below_exit},
    {"lost-below-quick-exit", below_quick_exit},
    {"lost-below-immediate-exit", below_immediate_exit},
    {"lost-in-frame-of-main", in_frame_of_main},
    {"clean-in-caller-of-exit", in_caller_of_exit},
    {"clean-in-caller-of-caller", in_caller_of_caller},
    {"clean-in-register-at-exit", in_register_at_exit},
    {NULL, NULL},
};

// Guarded blocks: every allocation is guarded (rate 1). Argument: the side that touches the guard, after or before.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/errors.h"

static __attribute__((noinline)) char *allocate(size_t size) {
    char *volatile p = malloc(size);
    return p;
}
static __attribute__((noinline)) void release(void *p) {
    free(p);
    __asm__ volatile("");
}
static __attribute__((noinline)) int peek(volatile char *p) {
    return *p;
}
static __attribute__((noinline)) void poke(volatile char *p, char value) {
    *p = value;
}

static void expect_stacks(bool freed) {
    struct mscope_error e = last_error();
    expect(stack_has(e.allocated_site, allocate), "allocated elsewhere");
    if (freed) expect(stack_has(e.freed_site, release), "freed elsewhere");
    expect(stack_has(e.access_site, peek) || stack_has(e.access_site, poke), "accessed elsewhere");
}

static void use_after_free(void) {
    test("a read after free is caught, named, and goes on with what was there");
    char *p = allocate(100);
    memset(p, 7, 100);
    release(p);
    mark_errors();
    expect_equal(peek(p + 30), 7, "what was read");
    expect_error(MSCOPE_USE_AFTER_FREE_READ, p, 100, 30);
    expect(last_error().flags & MSCOPE_ERROR_READ, "it is not a read");
    expect_equal(last_error().type_word, 0x0707070707070707, "the first word");
    expect_stacks(true);
    end();

    test("a write after free is caught, and stays written");
    p = allocate(100);
    release(p);
    mark_errors();
    poke(p + 99, 5);
    expect_error(MSCOPE_USE_AFTER_FREE_WRITE, p, 100, 99);
    expect(last_error().flags & MSCOPE_ERROR_WRITE, "it is not a write");
    expect_stacks(true);
    expect_equal(peek(p + 99), 5, "what was written");
    expect_errors(1); // its page is open now
    end();

    test("a double free of a guarded block has the stacks of all three");
    p = allocate(100);
    release(p);
    mark_errors();
    free(p);
    expect_error(MSCOPE_DOUBLE_FREE, p, 100, 0);
    expect(stack_has(last_error().freed_site, release), "freed elsewhere");
    end();
}

static void beyond(bool after) {
    test(after ? "a read behind the end is caught" : "a read before the beginning is caught");
    char *p = allocate(64);
    long out = after ? 64 : -1;
    mark_errors();
    peek(p + out);
    expect_error(after ? MSCOPE_OVERFLOW : MSCOPE_UNDERFLOW, p, 64, out);
    expect_stacks(false);
    release(p);
    end();

    test(after ? "a write behind the end is caught" : "a write before the beginning is caught");
    p = allocate(64);
    mark_errors();
    poke(p + out, 1);
    expect_error(after ? MSCOPE_OVERFLOW : MSCOPE_UNDERFLOW, p, 64, out);
    expect(last_error().flags & MSCOPE_ERROR_WRITE, "it is not a write");
    mark_errors();
    release(p);
    expect_errors(0);
    end();

}

static void other_side(bool after) {
    test("a write to the other side is found at free");
    char *p = allocate(50);
    mark_errors();
    poke(after ? p - 1 : p + 50, 1);
    expect_errors(0);
    release(p);
    expect_error(after ? MSCOPE_UNDERFLOW : MSCOPE_OVERFLOW, p, 50, after ? -1 : 50);
    expect(last_error().flags & MSCOPE_ERROR_FOUND_LATER, "it says that it was caught in the act");
    end();

    test("the heap is looked at when asked, and what was found is not found again");
    p = allocate(50);
    mark_errors();
    poke(p + 50, 1); // within the 16 bytes that a block is rounded to
    mscope_check_heap();
    expect_error(MSCOPE_OVERFLOW, p, 50, 50);
    expect(last_error().flags & MSCOPE_ERROR_SWEEP, "it does not say that it was a sweep");
    mscope_check_heap();
    release(p);
    expect_errors(1);
    end();
}

static void as_without(void) {
    test("guarded blocks are zeroed, aligned, of their size, and known as others are");
    mark_errors();
    for (size_t size = 0; size <= 4096; size += 61) {
        char *p = calloc(1, size);
        struct mscope_check_totals totals;
        for (size_t i = 0; i < size; i++) expect(p[i] == 0, "byte %zu of %zu", i, size);
        expect(((uintptr_t)p & 15) == 0, "%p is not aligned", (void *)p);
        expect_equal(malloc_usable_size(p), size, "the usable size");
        expect_block(p, size, 0);
        memset(p, 1, size);
        mscope_read_check_totals(&totals);
        expect(totals.guarded_now > 0, "nothing is guarded");
        free(p);
        expect_no_block(p);
    }
    for (size_t alignment = 32; alignment <= 4096; alignment *= 2) {
        void *p = NULL;
        expect_equal(posix_memalign(&p, alignment, 80), 0, "posix_memalign");
        expect(((uintptr_t)p & (alignment - 1)) == 0, "%p is not aligned to %zu", p, alignment);
        memset(p, 2, 80);
        free(p);
    }
    expect_errors(0);
    end();

}

static void moves(void) {
    test("realloc moves a guarded block with what it holds, and the old one is freed");
    char *p = allocate(40);
    memset(p, 9, 40);
    mark_errors();
    char *q = realloc(p, 5000);
    expect(q != p, "it stayed");
    for (int i = 0; i < 40; i++) expect(q[i] == 9, "byte %d", i);
    expect_block(q, 5000, 0);
    q = realloc(q, 20);
    for (int i = 0; i < 20; i++) expect(q[i] == 9, "byte %d", i);
    expect_errors(0);
    expect_equal(peek(p), 9, "the old block's first byte");
    expect_errors(1);
    free(q);
    expect_consistent();
    end();
}

static void full_pool(void) {
    test("a full pool is counted, and no error");
    struct mscope_check_totals before, after;
    mscope_read_check_totals(&before);
    static char *blocks[1000];
    for (int i = 0; i < 1000; i++) memset(blocks[i] = malloc(100), i, 100);
    mscope_read_check_totals(&after);
    expect(after.guard_full > before.guard_full, "it was never full");
    expect(after.guarded_now <= after.guard_slots, "%llu live", (unsigned long long)after.guarded_now);
    for (int i = 0; i < 1000; i++) expect(blocks[i][99] == (char)i, "block %d changed", i);
    for (int i = 0; i < 1000; i++) free(blocks[i]);
    expect_equal(after.errors, before.errors, "the reports");
    end();
}

static void *with_all_blocked(void *p) {
    sigset_t all, now;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    peek(p);
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, SIGSEGV) == 1 ? p : NULL;
}

static void threads_and_children(void) {
    test("a thread that blocks all signals survives a guard, and believes that it blocks them");
    char *p = allocate(30);
    release(p);
    mark_errors();
    pthread_t thread;
    void *believes;
    pthread_create(&thread, NULL, with_all_blocked, p);
    pthread_join(thread, &believes);
    expect(believes == p, "SIGSEGV is not in its mask");
    expect_errors(1);
    end();

    test("a forked child has guards of its own");
    p = allocate(30);
    release(p);
    mark_errors();
    pid_t child = fork();
    if (child == 0) {
        peek(p);
        char *mine = allocate(64);
        release(mine);
        peek(mine);
        _exit(new_errors() == 2 ? 0 : 9);
    }
    int status;
    waitpid(child, &status, 0);
    expect_equal(status, 0, "the child's status");
    expect_errors(0);
    peek(p);
    expect_errors(1);
    end();
}

int main(int count, char **arguments) {
    bool after = count > 1 && strcmp(arguments[1], "after") == 0;
    use_after_free();
    beyond(after);
    other_side(after);
    as_without();
    moves();
    threads_and_children();
    full_pool();
    return check_result();
}

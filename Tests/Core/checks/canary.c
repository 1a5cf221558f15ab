// MEMSCOPE_CHECKS=full: every write beyond a block or after its free is found, to the byte; reads are not disturbed.
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
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

static void by_the_byte(void) {
    test("one byte behind the last is found at free, whatever the size");
    for (size_t size = 0; size < 200; size++) {
        char *volatile p = allocate(size);
        memset(p, 1, size);
        mark_errors();
        p[size] = 0;
        release(p);
        expect_errors(1);
        if (size == 0) expect_error(MSCOPE_OVERFLOW, p, 0, 0);
    }
    expect(stack_has(last_error().allocated_site, allocate), "allocated elsewhere");
    end();

    test("one byte before the first is found at free, whatever the size");
    for (size_t size = 0; size < 200; size++) {
        char *volatile p = allocate(size);
        mark_errors();
        p[-1] ^= 1;
        release(p);
        expect_errors(1);
        if (size == 0) expect_error(MSCOPE_UNDERFLOW, p, 0, -1);
    }
    end();

    test("sixteen bytes before the first destroy the canary: it is found, and the block is never given back");
    char *volatile p = allocate(50);
    struct mscope_check_totals before, after;
    mscope_read_check_totals(&before);
    mark_errors();
    memset(p - 16, 0, 16);
    free(p);
    mscope_read_check_totals(&after);
    expect_errors(1);
    expect_equal(last_error().kind, MSCOPE_UNDERFLOW, "the kind");
    expect_equal(after.lost_blocks - before.lost_blocks, 1, "lost blocks");
    end();
}

static void aligned(void) {
    test("aligned blocks are aligned, and watched on both sides");
    for (size_t alignment = 8; alignment <= 65536; alignment *= 2) {
        void *block = NULL;
        expect_equal(posix_memalign(&block, alignment, 100), 0, "posix_memalign");
        char *volatile p = block;
        expect(((uintptr_t)p & (alignment - 1)) == 0, "%p is not aligned to %zu", (void *)p, alignment);
        expect_equal(malloc_usable_size(p), 100, "the usable size");
        mark_errors();
        p[100] = 1;
        p[-1] ^= 1;
        free(p);
        expect_errors(2);
    }
    end();
}

static void reallocs(void) {
    test("realloc looks at the block it moves, and keeps what it held");
    char *volatile p = allocate(30);
    memset(p, 5, 30);
    mark_errors();
    p[30] = 1;
    char *q = realloc(p, 3000);
    expect_errors(1);
    expect_equal(last_error().kind, MSCOPE_OVERFLOW, "the kind");
    for (int i = 0; i < 30; i++) expect(q[i] == 5, "byte %d", i);
    q = realloc(q, 10);
    for (int i = 0; i < 10; i++) expect(q[i] == 5, "byte %d", i);
    expect(realloc(q, 0) == NULL, "realloc to nothing gave a block");
    errno = 0;
    volatile size_t huge = PTRDIFF_MAX;
    q = malloc(20);
    expect(realloc(q, huge) == NULL && errno == ENOMEM, "errno is %d", errno);
    expect_block(q, 20, 0);
    free(q);
    expect_errors(1);
    end();
}

static void sweeps(void) {
    test("the sweep finds what is written beyond a live block and to a freed one, once");
    char *volatile p = allocate(77), *volatile q = allocate(300);
    release(q);
    mark_errors();
    p[77] = 0;
    q[123] = 1;
    mscope_check_heap();
    expect_errors(2);
    struct mscope_error e = last_error();
    expect_equal(e.kind, MSCOPE_USE_AFTER_FREE_WRITE, "the kind");
    expect_equal(e.offset, 123, "the offset");
    expect_equal(e.size, 300, "the size");
    expect(stack_has(e.freed_site, release) && stack_has(e.allocated_site, allocate), "its stacks are others");
    mscope_check_heap();
    free(p);
    mscope_check_heap();
    expect_errors(2);
    end();
}

/// Too large for the quarantine: the next one has the same address, and may have the same tick of the clock.
static void at_one_address(void) {
    enum { LARGE = 20 * 1000 * 1000, BLOCKS = 8 };
    test("overflows of blocks that have one address, one after another, are reported each");
    mark_errors();
    for (size_t i = 0; i < BLOCKS; i++) {
        volatile char *p = malloc(LARGE + i * 2);
        p[LARGE + i * 2] = 1;
        free((void *)p);
    }
    expect_errors(BLOCKS);
    end();

    test("the usable size of a freed block is that which it had");
    void *p = malloc(64);
    free(p);
    expect_equal(malloc_usable_size(p), 64, "the usable size");
    end();
}

static void quarantined(void) {
    test("a write after free is found when the block leaves the quarantine");
    char *volatile p = allocate(64);
    release(p);
    p[10] = 'x';
    mark_errors();
    for (int i = 0; i < 100000; i++) free(malloc(2000));
    expect_error(MSCOPE_USE_AFTER_FREE_WRITE, p, 64, 10);
    struct mscope_check_totals totals;
    mscope_read_check_totals(&totals);
    expect(totals.quarantined_bytes <= totals.quarantine_limit, "%llu bytes are kept",
        (unsigned long long)totals.quarantined_bytes);
    end();

    test("a double free long after is one, and a pointer read from a freed block leads nowhere");
    p = allocate(64);
    release(p);
    mark_errors();
    free(p);
    expect_error(MSCOPE_DOUBLE_FREE, p, 64, 0);
    expect(stack_has(last_error().freed_site, release), "freed elsewhere");
    expect((unsigned char)p[63] == (unsigned char)p[32] && p[63] != 0, "it is not filled");
    end();
}

static __attribute__((noinline)) void follow(void) {
    struct node {
        long before[4];
        struct node *volatile next;
    } *volatile node = malloc(sizeof *node);
    node->next = node;
    free(node);
    volatile long value = node->next->before[1];
    (void)value;
}

/// The first words of a block are filled like the rest, and what is behind the pointer reads as zeros.
static __attribute__((noinline)) long walk(void) {
    struct link {
        struct link *next;
        long value;
    } *volatile first = malloc(64), *volatile second = malloc(64);
    *second = (struct link){NULL, 7};
    first->next = second;
    free(first);
    struct link *volatile after = first->next;
    long value = after->value;
    after->value = 5;
    value = value * 10 + after->value + (after->next != NULL);
    free(second);
    return value;
}

static __attribute__((noinline)) void call(void) {
    struct object {
        void (*method)(void);
        long rest[6];
    } *volatile object = malloc(sizeof *object);
    object->method = call;
    free(object);
    void (*method)(void) = object->method;
    __asm__ volatile("" : "+r"(method)); // through a register
    method();
}

/// Calls whose target the instruction itself reads: near, far, by an index, from registers of either encoding.
static size_t word_called;
static bool is_in_place;

static __attribute__((noinline)) void call_in_place(void) {
    void (**volatile object)(void) = malloc(400);
    free(object);
#if defined(__x86_64__)
    register void (**base)(void) __asm__("rdi") = object;
    register void (**other)(void) __asm__("r12") = object;
    register size_t index __asm__("r14") = word_called;
    if (word_called == 2) __asm__ volatile("call *16(%0)" : : "r"(base) : "memory");
    if (word_called == 41) __asm__ volatile("call *328(%0)" : : "r"(other) : "memory");
    if (word_called == 0) __asm__ volatile("call *(%0)" : : "r"(other) : "memory");
    if (word_called == 7) __asm__ volatile("jmp *(%0,%1,8)" : : "r"(base), "r"(index) : "memory");
    if (word_called == 9) __asm__ volatile("call *-8(%0,%1,8)" : : "r"(other), "r"(index + 1) : "memory");
#endif
    object[word_called]();
}

static __attribute__((noinline)) void call_of_table(void) {
    struct object {
        void (**methods)(void);
        long rest[6];
    } *volatile object = malloc(sizeof *object);
    free(object);
    object->methods[2]();
}

/// Neither the index nor the length of an access may lead out of the zeros into memory of anybody.
static void far_from_zeros(void) {
    struct object {
        long *data;
        long rest[6];
    } *volatile object = malloc(sizeof *object);
    free(object);
    object->data[1000000] = 1;
}

static void all_over(void) {
    struct object {
        char *data;
        long rest[6];
    } *volatile object = malloc(sizeof *object);
    free(object);
    memset(object->data, 1, 1 << 20);
}

static void on_fault(int number) {
    (void)number;
    struct mscope_error e = last_error();
    bool there = !is_in_place || (uint64_t)e.offset == word_called * 8;
    _exit(new_errors() == 1 && e.kind == MSCOPE_USE_AFTER_FREE_READ && there ? 7 : 8);
}

static char *volatile page;

static void open_page(int number) {
    (void)number;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

/// A fault of the program's own, while a register holds what was read from a freed block.
static void of_another(void) {
    test("a fault at another address is the program's, whatever registers hold, and they stay as they are");
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGSEGV, open_page);
    mark_errors();
    uint64_t word = 0xd7d7d7d7d7d7d7d7ull, kept = word;
    __asm__ volatile("" : "+r"(kept));
    *page = 1;
    __asm__ volatile("" : "+r"(kept));
    expect(kept == word, "a register is %llx", (unsigned long long)kept);
    expect_errors(0);
    signal(SIGSEGV, SIG_DFL);
    munmap(page, 4096);
    end();
}

static void ends_in_handler(void (*crime)(void)) {
    pid_t child = fork();
    if (child == 0) {
        mark_errors();
        signal(SIGSEGV, on_fault);
        crime();
        _exit(9);
    }
    int status;
    waitpid(child, &status, 0);
    expect_equal(WEXITSTATUS(status), 7, "the child's status");
}

static void followed(void) {
    test("following a pointer out of a freed block is reported, and the program goes on among zeros");
    mark_errors();
    follow();
    expect_errors(1);
    expect_equal(last_error().kind, MSCOPE_USE_AFTER_FREE_READ, "the kind");
    expect_equal(last_error().flags & MSCOPE_ERROR_FATAL, 0, "fatal");
    expect(stack_has(last_error().access_site, follow), "another stack");
    mark_errors();
    // Its write is among zeros again when the next access comes: nothing can be kept there.
    expect_equal(walk(), 0, "what was read");
    expect(new_errors() >= 3, "%llu reports", (unsigned long long)new_errors());
    end();

    test("a call through one cannot go on: it is reported before the program's handler gets it");
    ends_in_handler(call);
    ends_in_handler(call_of_table);
    static const size_t words[] = {2, 41, 0, 7, 9, 5};
    is_in_place = true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        word_called = words[i];
        ends_in_handler(call_in_place);
    }
    is_in_place = false;
    end();

    test("far from the pointer, and along a length, the access goes to the program's handler, and writes to nothing");
    ends_in_handler(far_from_zeros);
    ends_in_handler(all_over);
    end();
    of_another();
}

static void twins(void) {
    test("what is no crime is none, and all figures add up");
    mark_errors();
    for (size_t i = 0; i < 100000; i++) {
        size_t size = i * 7919 % 5000;
        char *p = i % 3 == 0 ? calloc(1, size) : i % 3 == 1 ? malloc(size) : realloc(NULL, size);
        if (i % 3 == 0)
            for (size_t k = 0; k < size; k++) expect(p[k] == 0, "calloc's byte %zu", k);
        memset(p, (int)i, size);
        expect_equal(malloc_usable_size(p), size, "the usable size");
        if (i % 5 == 0) p = realloc(p, size + 100);
        free(p);
    }
    mscope_check_heap();
    expect_errors(0);
    expect_consistent();
    end();
}

int main(void) {
    by_the_byte();
    aligned();
    reallocs();
    sweeps();
    at_one_address();
    quarantined();
    followed();
    twins();
    return check_result();
}

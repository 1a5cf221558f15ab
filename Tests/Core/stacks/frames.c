// Frames of every shape a C compiler makes: built at all levels of optimization, with
// and without frame pointers, by clang and by gcc.
#include <alloca.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP __attribute__((noinline))

static volatile int zero;

static KEEP void leaf(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static KEEP int variable_array(int count) {
    char bytes[count];
    memset(bytes, count, (size_t)count);
    leaf((size_t)count);
    char *more = alloca((size_t)count * 3);
    memset(more, 1, (size_t)count * 3);
    leaf((size_t)count + 1);
    return bytes[count / 2] + more[count];
}

static KEEP int variadic(const char *kinds, ...) {
    va_list arguments;
    va_start(arguments, kinds);
    double sum = 0;
    for (; *kinds; kinds++) sum += *kinds == 'd' ? va_arg(arguments, double) : va_arg(arguments, int);
    leaf(50);
    va_end(arguments);
    return (int)sum;
}

static KEEP int big_frame(int depth) {
    volatile char bytes[50000];
    bytes[depth] = 1;
    leaf(60);
    return depth ? big_frame(depth - 1) + bytes[depth] : bytes[0];
}

static KEEP uint64_t pressure(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
    uint64_t g = a * b, h = c * d, i = e * f, j = a + c, k = b + d, l = e ^ a, m = f ^ b, n = c - e;
    for (int round = 0; round < 5; round++) {
        leaf(70);
        g += h * i, h ^= j + k, i += l * m, j ^= n + g, k += a * h, l ^= b + i, m += c * j, n ^= d + k, a += e, b ^= f;
    }
    return g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ a ^ b;
}

static KEEP int recursion(int depth) {
    if (depth == 0) {
        leaf(80);
        return zero;
    }
    int below = recursion(depth - 1);
    return below + depth;
}

static KEEP int tail(int depth) {
    leaf(90);
    if (depth == 0) return 0;
    return tail(depth - 1);
}

struct wide {
    _Alignas(64) char bytes[128];
};

// Over-aligned locals beside a variable array: gcc then computes the frame through memory.
static KEEP int aligned_locals(int count) {
    struct wide local;
    memset(&local, count, sizeof local);
    char bytes[count];
    memset(bytes, 1, (size_t)count);
    leaf(100);
    return local.bytes[5] + bytes[count - 1] + ((uintptr_t)&local % 64 ? 1 : 0);
}

static KEEP int early_return(int which) {
    if (which == 1) {
        leaf(110);
        return 1;
    }
    char buffer[300];
    memset(buffer, which, sizeof buffer);
    leaf(111);
    if (which == 2) return buffer[7];
    leaf(112);
    switch (which) {
    case 3: leaf(113); return 5;
    case 4: leaf(114); return variadic("idid", 1, 2.5, 3, 4.5);
    default: leaf(115);
    }
    return buffer[9];
}

static KEEP int many_arguments(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) {
    leaf(120);
    return a + b + c + d + e + f + g + h + i + j;
}

typedef int (*function)(int);

static KEEP int through_pointer(function call, int value) {
    int result = call(value);
    return result + 1;
}

// Many stacks of the same functions in another order: a weak hash takes one for another.
static KEEP int zigzag(int depth, uint64_t low, uint64_t high) {
    if (depth == 0) {
        leaf(140);
        return zero;
    }
    uint64_t bit = low & 1, next = low >> 1 | high << 63;
    if (bit) return zigzag(depth - 1, next, high >> 1) + 1;
    return zigzag(depth - 1, next, high >> 1) + 2;
}

static KEEP int swapped_turns(void) {
    int sum = 0;
    for (int i = 0; i < 50; i++) {
        for (int j = i + 1; j < 110; j += 5) {
            uint64_t low = 0x9249249249249249ull, high = 0x123456789abcdefull;
            if (i < 64) low ^= 1ull << i;
            if (j < 64) low ^= 1ull << j;
            else high ^= 1ull << (j - 64);
            sum += zigzag(110, low, high);
        }
    }
    return sum;
}

static __attribute__((constructor)) void before_main(void) {
    leaf(130);
    recursion(5);
}

static __attribute__((destructor)) void after_main(void) {
    leaf(131);
}

int main(void) {
    int sum = 0;
    for (int i = 1; i < 40; i++) {
        sum += variable_array(i * 11) + variadic("iddi", 1, 2.0, 3.0, i) + aligned_locals(i) + early_return(i % 6);
        sum += (int)pressure(1, 2, 3, 4, 5, (uint64_t)i) + tail(i) + through_pointer(recursion,
            i) + through_pointer(variable_array, i);
        sum += many_arguments(1, 2, 3, 4, 5, 6, 7, 8, 9, i);
    }
    for (int i = 0; i < 20; i++) sum += big_frame(i);
    sum += swapped_turns();
    for (int depth = 100; depth <= 200; depth++) sum += recursion(depth);
    return sum == 42 ? 1 : 0;
}

// A victim makes one memory error; its twin is the same program without the error.
//
//   PROGRAM NAME crime|twin [keep]
//
// With `keep` blocks are not given back. Each ends by saying how its well-behaved blocks are, with a status of its own.
#ifndef ERRORS_TESTS_VICTIM_H
#define ERRORS_TESTS_VICTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { END_STATUS = 3, NEIGHBOURS = 64, CUSHION = 20000 };

static size_t crime; // 1 in the victim, 0 in its twin: also by how much too many it counts
static bool keeps;

struct victim {
    const char *name;
    void (*run)(void);
    struct victim *next;
};
static struct victim *victims;

#define VICTIM(name_) \
    static void name_(void); \
    __attribute__((constructor)) static void register_##name_(void) { \
        static struct victim self = {#name_, name_, NULL}; \
        self.next = victims; \
        victims = &self; \
    } \
    static void name_(void)

/// Makes the compiler read `value`.
#define see(value) __asm__ volatile("" : : "r"(value) : "memory")

static struct {
    unsigned char *block;
    size_t size;
} neighbours[NEIGHBOURS];
static size_t neighbour_count;

/// A block beside a victim's that nobody may change.
static inline void settle_neighbour(size_t size) {
    if (neighbour_count == NEIGHBOURS) return;
    unsigned char *block = (unsigned char *)malloc(size);
    memset(block, 0x5c, size);
    neighbours[neighbour_count].block = block;
    neighbours[neighbour_count++].size = size;
}

static inline bool neighbours_are_well(void) {
    for (size_t i = 0; i < neighbour_count; i++)
        for (size_t at = 0; at < neighbours[i].size; at++)
            if (neighbours[i].block[at] != 0x5c) return false;
    return true;
}

/// A block between two others, filled.
static __attribute__((noinline, unused)) char *allocate(size_t size) {
    settle_neighbour(size);
    char *block = (char *)malloc(size);
    settle_neighbour(size);
    memset(block, 0, size);
    return block;
}

/// A block between two that take the damage of a crime of a page's length. What is left of earlier blocks may be used
/// for some of the three, so it tries until they lie side by side. Between guard pages they are far from each other.
static __attribute__((noinline, unused)) char *allocate_cushioned(size_t size) {
    char *block = NULL;
    for (int tries = 0; tries < 20; tries++) {
        char *before = (char *)malloc(CUSHION);
        block = (char *)malloc(size);
        char *behind = (char *)malloc(CUSHION);
        bool beside = block > before && block < before + CUSHION + 500 && behind > block && behind < block + 500;
        if (beside || labs(block - before) > 1 << 20) break;
    }
    memset(block, 0, size);
    return block;
}

static __attribute__((noinline, unused)) void release(void *block) {
    if (!keeps) free(block);
}

static void *others[1000];

/// Blocks for allocate_many_others: allocated first, so that it later only takes what it gave back.
static __attribute__((noinline, unused)) void settle_others(void) {
    for (int i = 0; i < 1000; i++) others[i] = malloc(16);
}

/// Allocations beside a thousand live blocks: a million, or what OTHERS says.
static __attribute__((noinline, unused)) void allocate_many_others(void) {
    const char *wanted = getenv("OTHERS");
    int count = wanted ? atoi(wanted) : 1000000;
    for (int i = 0; i < count; i++) {
        free(others[i % 1000]);
        others[i % 1000] = malloc(16);
    }
}

int main(int count, char **arguments) {
    struct victim *victim = victims;
    while (victim && (count < 3 || strcmp(victim->name, arguments[1]))) victim = victim->next;
    if (!victim) {
        fprintf(stderr, "usage: %s NAME crime|twin [keep], of the names in the source\n", arguments[0]);
        return 2;
    }
    crime = strcmp(arguments[2], "crime") == 0;
    keeps = count > 3;
    victim->run();
    printf("%s ended, its neighbours are %s\n", victim->name, neighbours_are_well() ? "well" : "damaged");
    return END_STATUS;
}

#endif

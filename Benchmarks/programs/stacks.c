// STACKS different stacks of 24 frames; under each a block is allocated and freed. Neighbours in time differ, so that
// hardly two of them share more than the outermost frames.
//
//   stacks STACKS
//
// Prints how many there were, and waits for a line.
#include "forks.h"

enum { FORK_BITS = 2 * FORK_LEVELS, STACKS_MAX = 1 << 2 * FORK_BITS };

struct stack {
    struct path path;
    uint64_t number;
};

static void allocate(struct step *s)
{
    (void)s;
    char *block = malloc(32);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

// The second half of the path.
static void go_on(struct step *s)
{
    struct stack *stack = s->state;
    stack->path = (struct path){stack->number >> FORK_BITS, allocate};
    take_path(s);
    __asm__ volatile("" ::: "memory");
}

static void enter(struct step *s)
{
    struct stack *stack = s->state;
    stack->path = (struct path){stack->number & ((1 << FORK_BITS) - 1), go_on};
    take_path(s);
    __asm__ volatile("" ::: "memory");
}

int main(int count, char **arguments)
{
    long stacks = count == 2 ? atol(arguments[1]) : 0;
    if (stacks < 1 || stacks > STACKS_MAX) {
        fprintf(stderr, "usage: stacks STACKS (1 to %d)\n", STACKS_MAX);
        return 2;
    }
    struct stack stack = {{0, NULL}, 0};
    struct step step = {enter, &stack};
    for (long i = 0; i < stacks; i++) {
        stack.number = (uint64_t)i * 0x9E3779B1u & (STACKS_MAX - 1); // odd: each number once
        frame_chain[4](&step);
    }
    printf("stacks %ld\n", stacks);
    fflush(NULL);
    getchar();
    return 0;
}

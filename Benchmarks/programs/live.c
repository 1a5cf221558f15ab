// What one live block costs in resident memory.
//
//   live BLOCKS SIZE
//
// Prints the bytes of resident memory that the blocks added, per block, and what the
// process held before it allocated them.
#include "frames.h"

#include <string.h>
#include <unistd.h>

struct filling {
    char **slot;
    size_t size;
};

static void fill(struct step *s)
{
    struct filling *f = s->state;
    *f->slot = malloc(f->size);
    memset(*f->slot, 1, f->size);
}

static double resident_bytes(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2) exit(1);
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

int main(int argument_count, char **arguments)
{
    long count = argument_count == 3 ? atol(arguments[1]) : 0;
    long size = argument_count == 3 ? atol(arguments[2]) : 0;
    if (count < 1 || size < 1) {
        fprintf(stderr, "usage: live BLOCKS SIZE\n");
        return 2;
    }
    char **blocks = malloc((size_t)count * sizeof *blocks);
    memset(blocks, 1, (size_t)count * sizeof *blocks);
    struct step probe = {count_frames, NULL};
    frame_chain[0](&probe);
    int chain = chain_for(8, bench_depth);
    struct filling f = {blocks, (size_t)size};
    struct step step = {fill, &f};
    frame_chain[chain](&step);
    double before = resident_bytes();
    for (long i = 1; i < count; i++) {
        f.slot = &blocks[i];
        frame_chain[chain + (int)(i & 31)](&step);
    }
    double after = resident_bytes();
    printf("bytes_per_block %.2f\nresident_before %.0f\n", (after - before) / (double)count, before);
    return 0;
}

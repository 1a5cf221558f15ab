// Own memory and reads of memory that may be gone.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../support/check.h"
#include "hooks/hooks.h"

enum { PAGE = 4096, PIECES = 20000, THREADS = 4 };

static void reads(void) {
    test("a read ends where the memory does");
    char *start = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(start, 'a', 3 * PAGE);
    munmap(start + 2 * PAGE, PAGE);
    char *out = malloc(3 * PAGE);
    for (size_t offset = 0; offset < 2 * PAGE; offset += 123) {
        size_t wanted = 2 * PAGE - offset;
        expect_equal(mscope_read_memory((uint64_t)(uintptr_t)start + offset, out, 3 * PAGE - offset), wanted,
            "the bytes read");
        expect(out[wanted - 1] == 'a', "other bytes were read");
    }
    expect_equal(mscope_read_memory(0, out, 8), 0, "the bytes read at 0");
    expect_equal(mscope_read_memory(UINT64_MAX - 3, out, 8), 0, "the bytes read at the end of the address space");
    expect_equal(mscope_read_memory((uint64_t)(uintptr_t)start, out, 0), 0, "the bytes read of none");
    free(out);
    munmap(start, 2 * PAGE);
    end();
}

static unsigned char *pieces[THREADS][PIECES];

static size_t size_of(size_t i) {
    return 1 + i * 7919 % (i % 100 ? 3000 : 700000);
}

static void *take(void *argument) {
    unsigned char **mine = argument;
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = size_of(i);
        mine[i] = mscope_allocate_for_ever(size);
        if (!mine[i]) continue;
        if (mine[i][0] || mine[i][size - 1]) mine[i] = NULL; // not zeroed: reported below
        else memset(mine[i], 0xa0 + (int)(i % 50), size);
    }
    return NULL;
}

static void own(void) {
    test("pieces taken by four threads are zeroed, aligned and do not overlap");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, take, pieces[i]);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int t = 0; t < THREADS; t++) {
        for (size_t i = 0; i < PIECES; i++) {
            unsigned char *piece = pieces[t][i], mark = (unsigned char)(0xa0 + (int)(i % 50));
            expect(piece && ((uintptr_t)piece & 63) == 0, "piece %zu is missing, dirty or not aligned", i);
            expect(!piece || (piece[0] == mark && piece[size_of(i) - 1] == mark), "piece %zu was written by another",
                i);
        }
    }
    end();
}

int main(void) {
    mscope_boot();
    reads();
    own();
    return check_result();
}

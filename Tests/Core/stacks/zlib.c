// zlib with its own allocations, and with the test's allocations through its allocator callback.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void *allocate(void *opaque, unsigned count, unsigned size) {
    (void)opaque;
    return calloc(count, size);
}

static void release(void *opaque, void *block) {
    (void)opaque;
    free(block);
}

static int cycle(int level, alloc_func allocator, free_func deallocator) {
    static unsigned char input[60000], packed[70000], output[60000];
    for (size_t i = 0; i < sizeof input; i++) input[i] = (unsigned char)(i * i >> 7);
    z_stream stream = {.zalloc = allocator, .zfree = deallocator};
    if (deflateInit2(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 1;
    stream.next_in = input, stream.avail_in = sizeof input, stream.next_out = packed, stream.avail_out = sizeof packed;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return 1;
    unsigned size = (unsigned)stream.total_out;
    deflateEnd(&stream);
    z_stream back = {.zalloc = allocator, .zfree = deallocator};
    if (inflateInit2(&back, 31) != Z_OK) return 1;
    back.next_in = packed, back.avail_in = size, back.next_out = output, back.avail_out = 1000;
    while (inflate(&back, Z_NO_FLUSH) == Z_OK) back.avail_out = 1000;
    inflateEnd(&back);
    return memcmp(input, output, sizeof input) != 0;
}

int main(void) {
    int failures = 0;
    for (int round = 0; round < 60; round++) {
        failures += cycle(round % 10, Z_NULL, Z_NULL);
        failures += cycle(round % 10, allocate, release);
    }
    printf("%d failures\n", failures);
    return failures != 0;
}

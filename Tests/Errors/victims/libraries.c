// Buffers handed to C libraries with a wrong size: the access is in the library, or in the kernel.
#include "../support/victim.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

static __attribute__((noinline)) void unpack_to(char *target, size_t size) {
    unsigned char packed[200];
    static const unsigned char plain[96] = "what is packed is longer than the block it is unpacked to";
    uLongf length = sizeof packed, room = size;
    compress(packed, &length, plain, size);
    uncompress((unsigned char *)target, &room, packed, length);
}

VICTIM(unpack) {
    char *block = allocate(80);
    unpack_to(block, 80 + 16 * crime);
    release(block);
}

VICTIM(checksum) {
    char *block = allocate(4096);
    see(crc32(0, (unsigned char *)block, 4096 + 16 * (uInt)crime));
    release(block);
}

VICTIM(format_number) {
    char *block = allocate(16);
    snprintf(block, 100, "%s", crime ? "sixteen letters." : "fifteen letters");
    release(block);
}

VICTIM(read_file) {
    FILE *file = fmemopen("0123456789abcdef0123456789abcdef", 32, "r");
    char *block = allocate(24);
    see(fread(block, 1, 24 + 8 * crime, file));
    fclose(file);
    release(block);
}

VICTIM(read_line) {
    FILE *file = fmemopen("a line of fifteen and more letters", 34, "r");
    char *block = allocate(16);
    see(fgets(block, 16 + (int)crime, file));
    fclose(file);
    release(block);
}

VICTIM(read_call) {
    int ends[2];
    char *block = allocate(48);
    if (pipe(ends) || write(ends[1], block, 48) < 0 || write(ends[1], "too much", 8) < 0) abort();
    see(read(ends[0], block, 48 + 8 * crime));
    close(ends[0]);
    close(ends[1]);
    release(block);
}

VICTIM(getline_freed) {
    FILE *file = fmemopen("a line\nanother\n", 15, "r");
    char *line = allocate(64);
    size_t room = 64;
    if (crime) release(line);
    see(getline(&line, &room, file));
    fclose(file);
    if (!crime) release(line);
}

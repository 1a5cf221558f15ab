// Loses a block whose address is in a file that MemScope maps to find names: in a copy of a library, in the page of the
// section headers, which libelf writes to. Arguments: the library, the path of the copy.
#include <dlfcn.h>
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 64, SIZE = 3000, WIPED = 16384, ROOM = 1 << 17, PAGES = 1 << 16 };
static char bytes[ROOM];

static __attribute__((noinline)) uint64_t allocate_and_turn(void) {
    return ~(uint64_t)malloc(SIZE);
}

// The section headers come behind all that ld.so maps, and the words, byte by byte, behind them.
static void copy(const char *from, const char *to, uint64_t turned) {
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    if (!in || !out || fread(bytes, 1, PAGES, in) == PAGES) exit(2);
    setbuf(out, NULL);
    Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
    size_t size = (size_t)header->e_shentsize * header->e_shnum;
    memcpy(bytes + PAGES, bytes + header->e_shoff, size);
    header->e_shoff = PAGES;
    if (fwrite(bytes, 1, PAGES + size, out) != PAGES + size) exit(2);
    for (int i = 0; i < WORDS; i++)
        for (int k = 0; k < 8; k++) putc((int)(~turned >> 8 * k & 255), out);
    if (fclose(in) != 0 || fclose(out) != 0) exit(2);
}

static __attribute__((noinline)) void wipe(void) {
    volatile char room[WIPED];
    for (int i = 0; i < WIPED; i++) room[i] = 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    copy(argv[1], argv[2], allocate_and_turn());
    void *library = dlopen(argv[2], RTLD_NOW), *lose = library ? dlsym(library, "lose_one") : NULL;
    if (!lose) return 3;
    ((void (*)(size_t, void *(*)(size_t)))lose)(2000, malloc);
    wipe();
    puts("ready");
    fflush(stdout);
    getchar(); // while MemScope is asked
    return 0;
}

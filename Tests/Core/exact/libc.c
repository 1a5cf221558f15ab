// Blocks that libc allocates for the program.
#include <dirent.h>
#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <wchar.h>

#include "../support/live.h"

static void strings(void) {
    test("strdup and strndup allocate length plus one");
    mark();
    char *a = strdup("twelve bytes"), *b = strndup("twelve bytes", 6);
    expect_block(a, 13, 0);
    expect_block(b, 7, 0);
    expect_change(2, 0, 20, 0);
    free(a);
    free(b);
    expect_change(2, 2, 20, 20);
    end();

    test("asprintf's result is a known block of the program");
    mark();
    char *text = NULL;
    int length = asprintf(&text, "%d-%s", 12345, "abcdefghijklmnopqrstuvwxyz");
    struct mscope_block block;
    expect(mscope_find_block((uintptr_t)text, &block), "the block is not known");
    expect(block.address == (uintptr_t)text && block.size >= (uint64_t)length + 1, "its size is %llu",
        (unsigned long long)block.size);
    free(text);
    struct mscope_counts counts = change();
    expect_equal(counts.allocations, counts.frees, "allocations");
    expect_equal(counts.allocated_bytes, counts.freed_bytes, "allocated bytes");
    end();
}

static void streams(void) {
    test("getline grows one block as realloc does");
    char content[5001];
    memset(content, 'y', sizeof content - 1);
    content[4999] = '\n';
    FILE *stream = fmemopen(content, 5000, "r");
    mark();
    char *line = NULL;
    size_t room = 0;
    expect_equal(getline(&line, &room, stream), 5000, "the line's length");
    expect_block(line, room, 0);
    free(line);
    fclose(stream);
    end();

    test("open_memstream, fopen and opendir balance to nothing");
    mark();
    char *buffer = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&buffer, &size);
    for (int i = 0; i < 2000; i++) fprintf(memory, "line %d\n", i);
    fclose(memory);
    expect(size > 10000, "the stream has only %zu bytes", size);
    free(buffer);
    FILE *file = fopen("/proc/self/status", "r");
    while (fgetc(file) != EOF) {}
    fclose(file);
    DIR *folder = opendir("/");
    while (readdir(folder)) {}
    closedir(folder);
    struct mscope_counts counts = change();
    expect(counts.allocations > 5, "only %llu allocations", (unsigned long long)counts.allocations);
    expect_equal(counts.allocations, counts.frees, "allocations");
    expect_equal(counts.allocated_bytes, counts.freed_bytes, "allocated bytes");
    end();
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void keep(void *key) {
    (void)key;
}

static void algorithms(void) {
    test("regcomp, scandir, realpath, tsearch, iconv and a big qsort balance to nothing");
    mark();
    regex_t pattern;
    expect_equal(regcomp(&pattern, "^(a|b)*c{2,5}[[:alpha:]]+$", REG_EXTENDED), 0, "regcomp");
    regexec(&pattern, "ababccdef", 0, NULL, 0);
    regfree(&pattern);
    struct dirent **entries;
    int count = scandir("/", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) free(entries[i]);
    free(entries);
    free(realpath("/usr/../usr/lib", NULL));
    void *root = NULL;
    static int64_t keys[1000];
    for (int64_t i = 0; i < 1000; i++) keys[i] = i * 7919 % 1009, tsearch(&keys[i], &root, by_value);
    tdestroy(root, keep);
    iconv_t converter = iconv_open("UTF-16", "UTF-8");
    if (converter != (iconv_t)-1) iconv_close(converter);
    int64_t *values = malloc(400000 * sizeof *values);
    for (int64_t i = 0; i < 400000; i++) values[i] = i * 7919 % 400009;
    qsort(values, 400000, sizeof *values, by_value);
    expect(values[0] <= values[1] && values[399998] <= values[399999], "qsort did not sort");
    free(values);
    struct mscope_counts counts = change();
    expect(counts.allocations > 1000, "only %llu allocations", (unsigned long long)counts.allocations);
    // iconv keeps its module list for the next call, and nothing else may stay.
    expect(counts.allocations - counts.frees < 40, "%llu blocks stay",
        (unsigned long long)(counts.allocations - counts.frees));
    end();
}

static void environment(void) {
    test("setenv and putenv blocks are known");
    mark();
    expect_equal(setenv("CORE_TESTS_VALUE", "0123456789", 1), 0, "setenv");
    struct mscope_block block;
    expect(mscope_find_block((uintptr_t)getenv("CORE_TESTS_VALUE"), &block), "the value's block is not known");
    end();
}

int main(void) {
    strings();
    streams();
    algorithms();
    environment();
    test("live figures, walk and sites agree after all of it");
    expect_consistent();
    end();
    return check_result();
}

#include "CHTTP.h"

// The package is C11 because of its other files; #embed came with C23, and every clang that can build MemScope has it.
#pragma clang diagnostic ignored "-Wc23-extensions"

// The name of an array contains the line of its file in public.def, which is the same when public.def is read again.
#define MSCOPE_JOIN(a, b) a##b
#define MSCOPE_NAME(line) MSCOPE_JOIN(mscope_http_bytes_, line)

#define MSCOPE_EMBED 0x7fffffff
#define MSCOPE_FILE(path) static const uint8_t MSCOPE_NAME(__LINE__)[] = {
// clang-format off
#define MSCOPE_END };
// clang-format on
#include "public.def"
#undef MSCOPE_EMBED
#undef MSCOPE_FILE
#undef MSCOPE_END

#define MSCOPE_EMBED 0
#define MSCOPE_FILE(path) {path, MSCOPE_NAME(__LINE__), sizeof(MSCOPE_NAME(__LINE__))},
#define MSCOPE_END
static const struct mscope_http_file mscope_http_table[] = {
#include "public.def"
};

const struct mscope_http_file *mscope_http_files(size_t *count)
{
    *count = sizeof(mscope_http_table) / sizeof(mscope_http_table[0]);
    return mscope_http_table;
}

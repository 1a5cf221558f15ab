// zlib, for gzip responses and pprof profiles.
#ifndef MEMSCOPE_CZLIB_SHIM_H
#define MEMSCOPE_CZLIB_SHIM_H

#include <zlib.h>

// deflateInit2 is a macro, which Swift cannot call. The 16 makes zlib write a gzip header.
static inline int memscope_gzip_init(z_stream *stream, int level)
{
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif

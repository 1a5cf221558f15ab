// elfutils' libdw: reads ELF symbols and DWARF of the images of the running process.
// Beside it the two demanglers that every Swift process on Linux carries.
#ifndef MEMSCOPE_CELFUTILS_SHIM_H
#define MEMSCOPE_CELFUTILS_SHIM_H

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>

// libswiftCore exports it, no header declares it. `flags` must be 0, the result is the
// caller's to free, NULL when the name is not Swift's.
extern char *swift_demangle(const char *name, size_t length, char *buffer, size_t *buffer_size, uint32_t flags);

// Weak: a program without C++ need not have libstdc++.
extern char *__cxa_demangle(const char *name, char *buffer, size_t *size, int *status) __attribute__((weak));

// Swift cannot ask whether a weak function is there. The result is the caller's to free.
static inline char *memscope_cxa_demangle(const char *name)
{
    int status = 0;
    return __cxa_demangle ? __cxa_demangle(name, NULL, NULL, &status) : NULL;
}

#endif

// elfutils' libdw, which reads ELF symbols and DWARF of the images in the running process; and the two demanglers that
// every Swift process on Linux contains.
#ifndef MEMSCOPE_CELFUTILS_SHIM_H
#define MEMSCOPE_CELFUTILS_SHIM_H

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>

// libswiftCore exports it, but no header declares it. `flags` must be 0. The caller must free the result, which is NULL
// when the name is not Swift's.
extern char *swift_demangle(const char *name, size_t length, char *buffer, size_t *buffer_size, uint32_t flags);

// Weak, because a program without C++ need not have libstdc++.
extern char *__cxa_demangle(const char *name, char *buffer, size_t *size, int *status) __attribute__((weak));

// Needed because Swift cannot test whether a weak function exists. The caller must free the result.
static inline char *memscope_cxa_demangle(const char *name)
{
    int status = 0;
    return __cxa_demangle ? __cxa_demangle(name, NULL, NULL, &status) : NULL;
}

#endif

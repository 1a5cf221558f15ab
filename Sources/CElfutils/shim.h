// elfutils' libdw: reads ELF symbols and DWARF of the images of the running process.
#ifndef MEMSCOPE_CELFUTILS_SHIM_H
#define MEMSCOPE_CELFUTILS_SHIM_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#endif

// The system's libmicrohttpd; CHTTP makes it callable from Swift.
#ifndef MEMSCOPE_CMICROHTTPD_SHIM_H
#define MEMSCOPE_CMICROHTTPD_SHIM_H

#include <microhttpd.h>

#endif

// base: definitions that every room needs. base knows nothing of blocks, stacks or checks.
#ifndef MSCOPE_BASE_BASE_H
#define MSCOPE_BASE_BASE_H

#include "CMemscope.h"
#include "base/apart.h"
#include "base/arch.h"
#include "base/atomic.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/free_list.h"
#include "base/memory.h"
#include "base/next.h"
#include "base/own_heap.h"
#include "base/own_threads.h"
#include "base/process.h"
#include "base/system.h"
#include "base/writer.h"

#endif

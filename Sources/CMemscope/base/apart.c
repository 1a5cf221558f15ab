// How the core calls functions of the engine, in whichever namespace the engine is.
#include "base/base.h"

#include <stdlib.h>

static mscope_apart_call mscope_apart;

void mscope_set_apart(mscope_apart_call call)
{
    mscope_apart = call;
}

bool mscope_is_apart(void)
{
    return mscope_apart != NULL;
}

bool mscope_call_engine(void (*body)(void *context), void *context)
{
    if (mscope_apart != NULL) return mscope_apart(body, context);
    body(context);
    return true;
}

// ---- at the end of the process

static void (*mscope_last)(void);

static void mscope_call_last(void *unused)
{
    (void)unused;
    mscope_last();
}

static void mscope_at_end(void)
{
    mscope_call_engine(mscope_call_last, NULL);
}

bool mscope_at_exit(void (*function)(void))
{
    mscope_last = function;
    return atexit(mscope_at_end) == 0;
}

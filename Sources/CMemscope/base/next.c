// What is known of the next allocator, which the hooks call.
#include "base/base.h"

struct mscope_next mscope_next;
size_t mscope_least_request;
const char *mscope_allocator = "unknown";

const char *mscope_allocator_name(void)
{
    return mscope_allocator;
}

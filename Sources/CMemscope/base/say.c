// Lines for the user; nothing here may allocate.
#include "base/base.h"

#include <string.h>

void mscope_say(const char *a, const char *b, const char *c)
{
    char line[512] = "memscope: ";
    const char *const parts[] = {a, b, c, "\n"};
    size_t used = strlen(line);
    for (size_t i = 0; i < 4; i++) {
        size_t length = strlen(parts[i]);
        if (length > sizeof(line) - used - 1) length = sizeof(line) - used - 1;
        memcpy(line + used, parts[i], length);
        used += length;
    }
    mscope_system(SYS_write, 2, line, used);
}

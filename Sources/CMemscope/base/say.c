// Settings from the environment, and lines for the user; nothing here may allocate.
#include "base/base.h"

#include <string.h>
#include <sys/auxv.h>

const char *mscope_environment(const char *name)
{
    if (getauxval(AT_SECURE)) return NULL; // the user who set it may have fewer rights than the program
    size_t length = strlen(name);
    extern char **environ;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
    return NULL;
}

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

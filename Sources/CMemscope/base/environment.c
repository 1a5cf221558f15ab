// Variables of the environment.
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

static void mscope_refuse(const char *variable, const char *value, const char *accepted)
{
    char head[64];
    size_t length = strlen(variable);
    memcpy(head, variable, length);
    memcpy(head + length, " is '", 6);
    mscope_say(head, value, accepted);
}

uint32_t mscope_choice(const char *variable, const char *const *names, uint32_t count, uint32_t fallback,
                       const char *accepted)
{
    const char *value = mscope_environment(variable);
    if (value == NULL) return fallback;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(value, names[i]) == 0) return i;
    mscope_refuse(variable, value, accepted);
    return fallback;
}

uint64_t mscope_number(const char *variable, uint64_t least, uint64_t most, uint64_t fallback, const char *accepted)
{
    const char *value = mscope_environment(variable);
    if (value == NULL) return fallback;
    uint64_t number = 0;
    const char *at = value;
    for (; *at >= '0' && *at <= '9' && number <= most; at++) number = number * 10 + (uint64_t)(*at - '0');
    if (at != value && *at == 0 && number >= least && number <= most) return number;
    mscope_refuse(variable, value, accepted);
    return fallback;
}

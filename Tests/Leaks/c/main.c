// Runs the named case, clears old words from its stack and registers, and ends.
#include "cases.h"

#include <stdio.h>

static const struct leak_case *const topics[] = {lost_cases, held_cases, shape_cases, thread_cases, cpp_cases,
                                                 end_cases,  kernel_cases};
void *cases_left_in_main;

__attribute__((noinline)) void *filled(size_t size)
{
    void *block = malloc(size);
    if (!block) abort();
    memset(block, 0x5A, size);
    cases_show(block);
    return block;
}

static void perform(void *entry)
{
    ((const struct leak_case *)entry)->run();
}

int main(int count, char **arguments)
{
    void *volatile left = NULL;
    for (size_t topic = 0; topic < sizeof topics / sizeof topics[0]; topic++) {
        for (const struct leak_case *entry = topics[topic]; entry->name; entry++) {
            if (count == 2 && strcmp(arguments[1], "--list") == 0) {
                puts(entry->name);
            } else if (count == 2 && strcmp(arguments[1], entry->name) == 0) {
                cases_deep(8, perform, (void *)entry);
                cases_clobber();
                left = cases_left_in_main;
                cases_left_in_main = NULL;
                if (left == NULL) exit(0);
                return 0;
            }
        }
    }
    if (count == 2 && strcmp(arguments[1], "--list") == 0) return 0;
    puts("usage: ccases NAME | --list");
    return 2;
}

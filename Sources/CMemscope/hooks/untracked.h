// What untracked.c gives to hooks/boot.c.
#ifndef MSCOPE_HOOKS_UNTRACKED_H
#define MSCOPE_HOOKS_UNTRACKED_H

#include "hooks/hooks.h"

/// Writes the report that the environment asks for, if it is a file: nothing is tracked, why, and what would help.
MSCOPE_HIDDEN void mscope_report_untracked(const char *reason, const char *remedy);

#endif

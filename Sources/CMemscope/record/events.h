// History, where somebody wants it.
#ifndef MSCOPE_RECORD_EVENTS_H
#define MSCOPE_RECORD_EVENTS_H

#include "record/bank.h"

/// One word, so that the hot path asks once: the interval, and whether there are scopes.
enum { MSCOPE_SCOPES_WATCHED = 1u << 31 };
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_event_interval;
MSCOPE_HIDDEN void mscope_watch_scopes(void);
MSCOPE_HIDDEN void mscope_push_event(struct mscope_bank *bank, const struct mscope_event *event);

#endif

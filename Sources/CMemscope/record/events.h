// History: events, written if they are wanted.
#ifndef MSCOPE_RECORD_EVENTS_H
#define MSCOPE_RECORD_EVENTS_H

#include "record/bank.h"

extern MSCOPE_HIDDEN _Atomic uint32_t mscope_event_interval;
MSCOPE_HIDDEN void mscope_push_event(struct mscope_bank *bank, const struct mscope_event *event);

#endif

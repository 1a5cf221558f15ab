// Which blocks are recorded where not all are, and how many blocks each of them stands for.
#ifndef MSCOPE_RECORD_SAMPLE_H
#define MSCOPE_RECORD_SAMPLE_H

#include "record/bank.h"

extern MSCOPE_HIDDEN _Atomic uint64_t mscope_interval;
/// Bytes to the next sample, exponentially distributed; the mean is the interval.
MSCOPE_HIDDEN int64_t mscope_next_sample(struct mscope_bank *bank);
/// How many trials fail before the first success, when one in `rate` > 1 succeeds.
MSCOPE_HIDDEN int64_t mscope_next_trial(struct mscope_bank *bank, uint64_t rate);
/// How many blocks a sampled one stands for; the same when it is allocated and when it is freed.
MSCOPE_HIDDEN uint64_t mscope_weight(uint64_t size, uint64_t born);
/// MSCOPE_BORN_ROUNDED or 0, drawn so that the weight of a block of this size has the right mean.
MSCOPE_HIDDEN uint64_t mscope_round_weight(struct mscope_bank *bank, uint64_t size);

#endif

// descriptors.c: the descriptors of MemScope's own threads. Part of the public header.
#ifndef MSCOPE_CMEMSCOPE_DESCRIPTORS_H
#define MSCOPE_CMEMSCOPE_DESCRIPTORS_H

#include <stdbool.h>

/// Gives the calling thread, and the threads it will start, a table of descriptors of their own, with nothing of the
/// program's in it but 2. False where that cannot be had: before Linux 5.9, or in a sandbox.
bool mscope_leave_descriptors(void);
/// Whether the calling thread's table is not the program's.
bool mscope_descriptors_are_apart(void);
/// To be called by a new thread with what the thread that started it was told: it shares its table.
void mscope_thread_joins_descriptors(bool apart);
/// Makes 2 in a table of our own what it is in the program's by now.
void mscope_follow_standard_error(void);
/// Registers a descriptor that a forked child must close (the server's sockets), if it is in the program's table.
void mscope_close_in_child(int descriptor);
void mscope_forget_descriptor(int descriptor);

#endif

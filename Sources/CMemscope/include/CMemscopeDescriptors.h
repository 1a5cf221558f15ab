// descriptors.c: the descriptors of MemScope's own threads. Part of the public header.
#ifndef MSCOPE_CMEMSCOPE_DESCRIPTORS_H
#define MSCOPE_CMEMSCOPE_DESCRIPTORS_H

#include <stdbool.h>

/// Gives the calling thread, and the threads that it will start, a table of descriptors of their own, with nothing of
/// the program's in it but 2. False when this is not possible: before Linux 5.9, or in a sandbox.
bool mscope_leave_descriptors(void);
/// Whether the calling thread's table is not the program's.
bool mscope_descriptors_are_apart(void);
/// To be called by a new thread, with `apart` as for the thread that started it: the two share a table.
void mscope_thread_joins_descriptors(bool apart);
/// Makes 2 in MemScope's own table the file that 2 is now in the program's.
void mscope_follow_standard_error(void);
/// Registers a descriptor that a forked child must close (the server's sockets), if it is in the program's table.
void mscope_close_in_child(int descriptor);
void mscope_forget_descriptor(int descriptor);

#endif

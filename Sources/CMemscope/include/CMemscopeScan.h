// scan.c: the heap as a graph.
//
// A child process, a copy of this one, looks for every word that points to a live block of the program, and writes what
// it found to memory that it shares with this process. What a word means (a strong reference, a weak one, a number) is
// decided by the readers of the graph: they write it into `meaning` and `type`.
#ifndef MSCOPE_CMEMSCOPE_SCAN_H
#define MSCOPE_CMEMSCOPE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct mscope_scan_node { // a live block of the program
    uint64_t address, size;
    uint64_t words[2]; // its first two words; 0 where the block is smaller
    uint64_t born;     // opaque; see mscope_scan_origin
    uint32_t site;
    uint32_t first_edge; // its edges are [first_edge, first_edge of the next node); one node more than there are blocks
    uint32_t root;       // index of the first root that points to it; UINT32_MAX: none does
    uint32_t type;       // UINT32_MAX; for the reader
};

enum {
    MSCOPE_EDGE_AT_MASK = (1u << 26) - 1, // offset of the word in the block / 8; the greatest value: that or more
    MSCOPE_EDGE_INTERIOR = 1u << 26,      // points behind the first byte of its target
    MSCOPE_EDGE_TAGGED = 1u << 27,        // bits were set that are not part of the address
    MSCOPE_EDGE_SIDE_TABLE = 1u << 28,    // word 1 held packed Swift reference counts that point to a side table
    MSCOPE_EDGE_MEANING_SHIFT = 29,       // 3 bits, 0; for the reader
};
struct mscope_scan_edge {
    uint32_t to; // index of a node
    uint32_t at; // MSCOPE_EDGE_…
};

enum mscope_root_kind {
    MSCOPE_ROOT_GLOBAL = 0,   // writable data of an image
    MSCOPE_ROOT_STACK = 1,    // a thread's stack
    MSCOPE_ROOT_REGISTER = 2, // a register of a stopped thread
    MSCOPE_ROOT_INTERNAL = 3, // a block of MemScope's own threads
    MSCOPE_ROOT_MAPPING = 4,  // memory mapped by the program, or heap whose blocks are not known
    MSCOPE_ROOT_THREAD = 5,   // a thread's variables and description, or the fact that its stack lies in the block
    MSCOPE_ROOT_KERNEL = 6,   // user data that the kernel keeps: of epoll or of a timer
};
struct mscope_scan_root {
    uint64_t address; // of the word; 0 for a register
    uint32_t to;      // index of a node
    int32_t tid;      // of the thread whose stack or register it is, else 0
    uint16_t kind;
    bool inside;    // a stack or register points behind the block's beginning
    uint32_t words; // words in stacks and registers that point there; 1 for roots of other kinds
};

enum mscope_scan_method {          // how the heap was held still
    MSCOPE_SCAN_FORK = 1,          // a copy; threads were not stopped
    MSCOPE_SCAN_FORK_PTRACE = 2,   // a copy, made while the threads were stopped by ptrace; their registers are roots
    MSCOPE_SCAN_FORK_SIGNAL = 3,   // the same, stopped by a signal
    MSCOPE_SCAN_STOPPED_SIGNAL = 4 // no copy could be made: the threads stood still for the whole scan
};
enum mscope_scan_problem {
    MSCOPE_SCAN_BUSY = 1,   // another scan or walk is under way
    MSCOPE_SCAN_INCOMPLETE, // the live blocks are not known: `sampled`, `off`, or no hooks
    MSCOPE_SCAN_TOO_LARGE,  // the graph does not fit options.memory_limit
    MSCOPE_SCAN_NO_MEMORY,  // the kernel refused memory
    MSCOPE_SCAN_TIMED_OUT,  // it took longer than options.timeout, and was ended
    MSCOPE_SCAN_DIED,       // the copy was killed
    MSCOPE_SCAN_FORBIDDEN,  // neither a copy nor stopping threads is possible
};

struct mscope_scan_options {
    uint64_t memory_limit;             // bytes for the graph
    uint64_t timeout;                  // nanoseconds
    bool registers;                    // stop the threads for the copy and take their registers
    bool without_own_stack;            // words on the calling thread's stack do not count
    bool without_fork, without_ptrace; // as if they were forbidden
};

struct mscope_scan {
    struct mscope_scan_node *nodes; // ascending by address
    struct mscope_scan_edge *edges; // by block, then ascending by offset
    // at most one per node: the first of the firmest kind; stacks and registers are the least firm, since words there
    // may be old, then the kernel
    struct mscope_scan_root *roots;
    uint64_t node_count, edge_count, root_count;
    uint64_t taken_at; // when the copy was made
    uint64_t pause;    // longest time any thread of the program was held, nanoseconds
    uint64_t duration;
    uint64_t root_bytes, heap_bytes; // memory that was searched
    uint32_t method;
    uint32_t threads, threads_read; // of the program; those whose registers were read
    uint32_t threads_left;          // left alone in a system call that would have noticed; their stacks were searched
    bool has_unreadable_kernel;     // the kernel keeps user data that cannot be read: io_uring's
    bool has_unknown_heap;          // tracking had gaps: heap memory of unknown blocks counts as roots
    bool is_partly_readable;        // no copy was left to be read: only the first bytes of each block are known
};

/// Scans the whole heap once; one scan at a time. NULL when that was not possible, and *problem says why.
struct mscope_scan *_Nullable mscope_scan_take(const struct mscope_scan_options *options,
                                               enum mscope_scan_problem *problem);
/// The program's memory as it was when the scan read it, from `address` on. Returns how many bytes there are, 0 when it
/// cannot be read; *bytes: where they are until the next call. Only for the caller that took the scan; one call at a
/// time.
size_t mscope_scan_read(struct mscope_scan *scan, uint64_t address, const uint8_t *_Nullable *_Nonnull bytes);
/// To be called when nothing will be read any more: the copy ends. Nodes, edges and roots stay.
void mscope_scan_finish(struct mscope_scan *scan);
void mscope_scan_release(struct mscope_scan *scan);
/// The first word of blocks in which tasks keep the frames of their async functions; 0 in a program without tasks.
uint64_t mscope_scan_frames_word(void);
/// The birth, thread and task of a node; 0 for thread and task when they are not known any more.
void mscope_scan_origin(uint64_t address, uint64_t born, uint64_t *birth, uint32_t *thread, uint64_t *task);

#pragma clang assume_nonnull end

#endif

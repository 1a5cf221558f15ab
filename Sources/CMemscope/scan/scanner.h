// What the parts of a scan share. Nothing here is used on the hook path.
//
// A scan has two halves. The plan is made in the program's process, before the copy: who is there, how far their stacks
// reach, where things are. The scanner then looks at memory: in a copy of the process, or in place while all threads
// stand still. It uses raw system calls and memory of its own only, and takes no lock: whoever held one is not there to
// let it go.
#ifndef MSCOPE_SCAN_SCANNER_H
#define MSCOPE_SCAN_SCANNER_H

#include "scan/scan.h"

enum { MSCOPE_SCAN_THREADS = 1 << 16, MSCOPE_SCAN_REGISTERS = 280, MSCOPE_VECTOR_PARTS = 4 };
enum { MSCOPE_WINDOW = 512 };
enum { MSCOPE_PIECE_WORDS = 1 << 13 };
enum { MSCOPE_RED_ZONE = 128 }; // bytes below the stack pointer that a function may use

// ---- the plan
struct mscope_scan_thread {
    int32_t tid;
    bool self;            // the one that asked for the scan
    bool met;             // it was asked to stop, or left alone
    bool seized;          // it was asked to stop
    bool held;            // it did
    bool left;            // it did not, or was not asked since it would have noticed
    _Atomic bool stopped; // its handler says so
    bool internal;        // one of ours
    int32_t signal;       // to be delivered when it goes on
    uint32_t count;       // of registers that are roots
    uint32_t general;     // how many of them are not vector registers
    uint64_t sp, pointer; // 0: not known
    uint64_t from;        // where the part of its stack begins that counts; UINT64_MAX: none does
    struct mscope_frame frame; // where it stands; its pc is 0 where that is not known
    uint64_t registers[MSCOPE_SCAN_REGISTERS];
};

/// Code by which a thread's stack can be judged: images by their beginning, functions by theirs. 0: not known.
enum { MSCOPE_WAITS = 17 };
struct mscope_known_code {
    uint64_t libc, dispatch;
    uint64_t waits[MSCOPE_WAITS]; // those that wait on a semaphore first
};

struct mscope_plan {
    struct mscope_scan_options options;
    int32_t process;
    uint64_t sp;     // of the thread that asked: its frames below belong to the scan
    struct mscope_frame frame; // the same
    uint64_t entry;            // its stack up to here is ours
    struct mscope_known_code code;
    int32_t own_threads[MSCOPE_OWN_THREADS]; // started by us
    uint64_t arenas; // an address in the file whose data has glibc's arenas; 0: another allocator
    bool complete;   // every live block is known
    struct mscope_thread_layout layout;
    struct mscope_range vectors[MSCOPE_VECTOR_PARTS]; // bytes of a stopped thread's state that are vector registers
    // Of what holds the threads: a phase of stop.h, the tracer, since when and how long, and how long at most.
    _Atomic uint32_t phase;
    int32_t tracer;
    void *tracer_stack;
    bool named_tracer, hold, in_place;
    uint64_t held_at, pause, longest_pause, hold_limit;
    uint32_t thread_count;
    struct mscope_scan_thread threads[MSCOPE_SCAN_THREADS];
};

/// The head of the memory shared with the copy; nodes, roots and edges follow it.
struct mscope_answer {
    struct mscope_scan scan; // first: it is what the caller gets
    uint64_t capacity;       // bytes, with this
    _Atomic uint32_t state;  // MSCOPE_ANSWER_…; a futex
    uint32_t problem;        // 0: none
    // For mscope_scan_read. A copy puts what is asked for into the window; a scan in place kept the blocks' heads.
    int32_t owner, copy; // processes: who asks, and who answers; 0 without a copy
    struct mscope_window *window;
    struct mscope_head *heads; // by node
};
enum { MSCOPE_ANSWER_NONE = 0, MSCOPE_ANSWER_READY = 1 };

enum { MSCOPE_WINDOW_BYTES = 1 << 18, MSCOPE_HEAD_BYTES = 128 };
enum { MSCOPE_WINDOW_IDLE = 0, MSCOPE_WINDOW_ASKED = 1 };
struct mscope_window {      // shared with the copy
    _Atomic uint32_t state; // MSCOPE_WINDOW_…; a futex
    uint64_t start, size;   // what it shows
    uint8_t bytes[MSCOPE_WINDOW_BYTES];
};
struct mscope_head {
    uint8_t bytes[MSCOPE_HEAD_BYTES];
};

// ---- the scanner
struct mscope_ranges { // grows in memory of our own
    struct mscope_range *items;
    uint64_t count, capacity;
};
enum { MSCOPE_MAP_READABLE = 1, MSCOPE_MAP_WRITABLE = 2, MSCOPE_MAP_SHARED = 4, MSCOPE_MAP_EXECUTABLE = 8 };
enum mscope_map_name { MSCOPE_MAP_ANONYMOUS, MSCOPE_MAP_FILE, MSCOPE_MAP_HEAP, MSCOPE_MAP_STACK, MSCOPE_MAP_OTHER };
struct mscope_mapping {
    uint64_t start, end, inode, device;
    uint32_t flags, name;
    bool image; // data of an image, or the zeroed data behind it
};

struct mscope_scanner {
    struct mscope_plan *plan;
    struct mscope_answer *answer;
    struct mscope_scan_node *nodes;
    struct mscope_scan_root *roots;
    struct mscope_scan_edge *edges;
    uint64_t node_count, root_count, edge_count, edge_capacity;
    uint64_t heap_bytes, root_bytes;
    uint64_t lowest, span; // of block addresses; a word outside is not a pointer
    // By region: a table of counts, or one count for all of it, shifted by 1 with bit 0 set; 0 when no block is near.
    uint64_t *index;
    struct mscope_mapping *mappings;
    uint64_t mapping_count, mapping_hint;
    struct mscope_ranges skip;     // memory that has no roots
    struct mscope_ranges internal; // blocks of our own threads
    struct mscope_ranges buffers;  // what holds no references: blocks, or a part of one
    long pagemap;                  // a descriptor; negative: every page is taken for present
    // What is known of the pages in [window_start, window_end): those from window_next on, ascending.
    uint64_t window_start, window_end, window_next, window_count;
    bool window_written;
    struct mscope_range window[MSCOPE_WINDOW];
    uint32_t problem;
    uint64_t deadline;
    // In place memory may be unmapped by a thread that could not be held: then it is read by the kernel, a piece at a
    // time. In a copy it is read where it is, and `memory` is negative.
    long memory;
    uint64_t piece_start, piece_end;
    uint64_t piece[MSCOPE_PIECE_WORDS];
    // The same for single words, which are looked up between those of a piece.
    uint64_t page_start, page_end, page[MSCOPE_PAGE / 8];
    // Of the roots that are being looked for.
    uint32_t kind;
    int32_t tid;
    bool arena_data; // in the file that has glibc's arenas
};

// ---- scan.c, scan/maps.c, scan/graph.c, scan/skip.c, scan/roots.c, scan/tasks.c, scan/stdio.c, scan/frames.c,
// scan/kernel.c: the scanner; the first problem stays in `problem`
/// Whether a process cloned from this one has ended, or does after waiting for it.
MSCOPE_HIDDEN bool mscope_has_ended(int32_t process, int flags);
/// Waits until `*state` is not `value` any more; false when the copy ended before that, or the time did.
MSCOPE_HIDDEN bool mscope_await(_Atomic uint32_t *state, uint32_t value, int32_t process, uint64_t timeout);
/// Clones the process; what runs in the copy writes the answer. The copy's number, or an error.
MSCOPE_HIDDEN int32_t mscope_make_copy(struct mscope_plan *plan, struct mscope_answer *answer);
MSCOPE_HIDDEN bool mscope_read_mappings(struct mscope_scanner *scanner);
/// Each line of a file of maps.
MSCOPE_HIDDEN void mscope_visit_mappings(struct mscope_scanner *scanner, const char *path,
                                         void (*visit)(struct mscope_scanner *scanner, struct mscope_mapping mapping));
MSCOPE_HIDDEN const struct mscope_mapping *mscope_mapping_at(struct mscope_scanner *scanner, uint64_t address);
MSCOPE_HIDDEN void mscope_list_what_to_skip(struct mscope_scanner *scanner);
MSCOPE_HIDDEN bool mscope_add_range(struct mscope_scanner *scanner, struct mscope_ranges *ranges, uint64_t start,
                                    uint64_t end);
/// The next run of pages in [*at, end) that hold anything of this process; `written` leaves out what is still the
/// file's. False when there is none; `*at` goes on behind it.
MSCOPE_HIDDEN bool mscope_next_pages(struct mscope_scanner *scanner, uint64_t *at, uint64_t end, bool written,
                                     struct mscope_range *out);
MSCOPE_HIDDEN void mscope_find_nodes(struct mscope_scanner *scanner);
/// Sorts, and makes one of what overlaps, so that ends ascend as beginnings do.
MSCOPE_HIDDEN void mscope_join_ranges(struct mscope_ranges *ranges);
MSCOPE_HIDDEN void mscope_find_buffers(struct mscope_scanner *scanner);
MSCOPE_HIDDEN void mscope_find_roots(struct mscope_scanner *scanner);
/// The words of [start, end) outside of blocks; `written`: without pages that are as in their file.
MSCOPE_HIDDEN void mscope_scan_pages(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written);
MSCOPE_HIDDEN bool mscope_is_private(const struct mscope_mapping *mapping);

// ---- scan/uncopied.c
/// Roots in memory that the program keeps from its children (MADV_DONTFORK), so from the copy.
MSCOPE_HIDDEN void mscope_scan_uncopied(struct mscope_scanner *scanner);
MSCOPE_HIDDEN void mscope_find_edges(struct mscope_scanner *scanner);
/// The control block of the thread whose stack lies in [start, end); 0 when there is none.
MSCOPE_HIDDEN uint64_t mscope_find_thread_pointer(struct mscope_scanner *scanner, uint64_t start, uint64_t end);
/// The part of a block, which ends at `end`, that is in use behind its first two words; all where nobody can tell.
MSCOPE_HIDDEN struct mscope_range mscope_part_in_use(struct mscope_scanner *scanner,
                                                     const struct mscope_scan_node *node, uint64_t end);
/// Says of each thread which part of its stack counts, and which of its registers.
MSCOPE_HIDDEN void mscope_judge_threads(struct mscope_scanner *scanner);
/// A word that may be a pointer, which stands at `address`, is a root of the kind that is being looked for.
MSCOPE_HIDDEN void mscope_try_root(struct mscope_scanner *scanner, uint64_t address, uint64_t word);
/// What the kernel keeps for the program: the user data of epoll and of timers.
MSCOPE_HIDDEN void mscope_find_kernel_roots(struct mscope_scanner *scanner);
/// What a scan in place has to give back; a copy just ends.
MSCOPE_HIDDEN void mscope_give_up_nodes(struct mscope_scanner *scanner);
MSCOPE_HIDDEN void mscope_give_up_mappings(struct mscope_scanner *scanner);
MSCOPE_HIDDEN const uint64_t *mscope_read_piece(struct mscope_scanner *scanner, uint64_t at, uint64_t *end);
/// A word at an address that is a multiple of 8; 0 where nothing can be read.
MSCOPE_HIDDEN uint64_t mscope_read_word(struct mscope_scanner *scanner, uint64_t at);
/// Whether the time is over; the problem says so.
MSCOPE_HIDDEN bool mscope_is_late(struct mscope_scanner *scanner);
/// What glibc keeps in the word before a block: the chunk's size, and flags.
MSCOPE_HIDDEN uint64_t mscope_chunk_header(struct mscope_scanner *scanner, uint64_t address);
/// The node that `address` lies in; UINT32_MAX without one.
MSCOPE_HIDDEN uint32_t mscope_node_at(const struct mscope_scanner *scanner, uint64_t address);
/// The first node whose address is not below `address`.
MSCOPE_HIDDEN uint64_t mscope_first_node_from(const struct mscope_scanner *scanner, uint64_t address);

/// The words from `at` on, up to `*end` or to where they can be read, which `*end` then is; NULL when `at` cannot.
static inline const uint64_t *mscope_words(struct mscope_scanner *scanner, uint64_t at, uint64_t *end)
{
    return mscope_likely(scanner->memory < 0) ? (const uint64_t *)at : mscope_read_piece(scanner, at, end);
}
static inline uint64_t mscope_word(struct mscope_scanner *scanner, uint64_t at)
{
    return mscope_likely(scanner->memory < 0) ? *(const uint64_t *)at : mscope_read_word(scanner, at);
}

// ---- scan/read.c
/// In the copy: shows what is asked for, until it is killed or nobody has asked for as long as a scan may take.
MSCOPE_HIDDEN void mscope_serve_reads(struct mscope_scanner *scanner);
/// In place: keeps the first bytes of each block, as nobody can be asked for them later.
MSCOPE_HIDDEN void mscope_keep_heads(struct mscope_scanner *scanner);

// ---- what a word may point to
#define MSCOPE_POINTER_BITS ((1ull << 48) - 1)
// What programs keep in a pointer beside the address: a Swift reference's spare bits, a counter of 16 bits (lists
// without locks), flags below the alignment.
#define MSCOPE_TAG_BITS 0xffff000000000007ull

struct mscope_target {
    uint32_t node; // UINT32_MAX: none
    uint32_t flags;
};
/// Of a word that is no address in a block: the block whose beginning it is with other bits, or whose end it has to be.
MSCOPE_HIDDEN struct mscope_target mscope_odd_target(struct mscope_scanner *scanner, uint64_t word);

/// What a word of memory points to: a block, by its plain value or without a tag.
static inline struct mscope_target mscope_target_of(struct mscope_scanner *scanner, uint64_t word)
{
    const struct mscope_target none = {UINT32_MAX, 0};
    uint64_t plain = word & ~MSCOPE_TAG_BITS;
    // One comparison turns nearly every word away; of what is no address at all, most lies where no block is.
    if (mscope_likely(plain - scanner->lowest >= scanner->span)) return none;
    if (word > MSCOPE_POINTER_BITS && scanner->index[plain >> MSCOPE_REGION_SHIFT] == 0) return none;
    if (word <= MSCOPE_POINTER_BITS) {
        uint32_t node = mscope_node_at(scanner, word);
        if (node != UINT32_MAX) {
            bool interior = word != scanner->nodes[node].address;
            return (struct mscope_target){node, interior ? (uint32_t)MSCOPE_EDGE_INTERIOR : 0};
        }
    }
    return mscope_odd_target(scanner, word);
}

// ---- scan/threads.c
/// Adds the threads that are there to the plan; true when one was new.
MSCOPE_HIDDEN bool mscope_list_threads(struct mscope_plan *plan);
/// Opens a file of a thread (tid 0: the folder of threads); a negative number when that fails.
MSCOPE_HIDDEN long mscope_open_task(int32_t process, int32_t tid, const char *name, int flags);
/// What a thread asked of the kernel: the call's number and six arguments; -1 outside of a call. Then sp and pc, 0
/// while it runs.
MSCOPE_HIDDEN long mscope_system_call_of(int32_t process, int32_t tid, uint64_t values[8]);
/// Where a thread is blocked, as that tells it.
MSCOPE_HIDDEN void mscope_take_place(struct mscope_scan_thread *thread, const uint64_t values[8]);
/// Writes `text` and `number` (left out when 0) behind `end`; what it returns is the new end.
MSCOPE_HIDDEN char *mscope_put(char *end, const char *text, int32_t number);
MSCOPE_HIDDEN struct mscope_known_code mscope_find_known_code(void);
/// Of those that were not held: from where they are blocked.
MSCOPE_HIDDEN void mscope_find_stack_pointers(struct mscope_plan *plan);
#endif

// What the parts of a scan share. Nothing here is used on the hook path.
//
// A scan has two halves. The plan is made in the program's process, before the copy: which threads exist, how far their
// stacks reach, where things are. Then the scanner reads memory: in a copy of the process, or in place while all
// threads stand still. The scanner uses only raw system calls and memory of its own, and takes no lock: the thread that
// held one cannot release it.
#ifndef MSCOPE_SCAN_SCANNER_H
#define MSCOPE_SCAN_SCANNER_H

#include "scan/scan.h"

enum { MSCOPE_SCAN_THREADS = 1 << 16, MSCOPE_SCAN_REGISTERS = 280, MSCOPE_VECTOR_PARTS = 4 };
enum { MSCOPE_RANGES_AT_ONCE = 512 };
enum { MSCOPE_PIECE_WORDS = 1 << 13 };
enum { MSCOPE_RED_ZONE = 128 }; // bytes below the stack pointer that a function may use

// ---- the plan
struct mscope_scan_thread {
    int32_t tid;
    bool self;                 // the thread that asked for the scan
    bool met;                  // it was asked to stop, or is left alone
    bool seized;               // it was asked to stop
    bool held;                 // it has stopped
    bool left;                 // it did not stop, or was not asked because the program would have noticed
    _Atomic bool stopped;      // its signal handler says so
    bool internal;             // one of MemScope's threads
    int32_t signal;            // to be delivered when the thread goes on
    uint32_t count;            // of registers that are roots
    uint32_t general;          // how many of them are not vector registers
    uint64_t sp, pointer;      // 0: not known
    uint64_t from;             // where the part of its stack that counts begins; UINT64_MAX: no part counts
    struct mscope_frame frame; // its innermost frame; pc is 0 where that is not known
    uint64_t registers[MSCOPE_SCAN_REGISTERS];
};

/// Code by which a thread's stack is judged: images and functions, by their start addresses. 0: not known.
enum { MSCOPE_WAITS = 17 };
struct mscope_known_code {
    uint64_t libc, dispatch;
    uint64_t waits[MSCOPE_WAITS]; // first those that wait on a semaphore
};

struct mscope_plan {
    struct mscope_scan_options options;
    int32_t process;
    uint64_t sp;               // of the thread that asked: its frames below belong to the scan
    struct mscope_frame frame; // of the same thread
    uint64_t entry;            // up to here its stack is MemScope's
    struct mscope_known_code code;
    int32_t own_threads[MSCOPE_OWN_THREADS]; // started by MemScope
    uint64_t arenas; // an address in the file whose data has glibc's arenas; 0: another allocator
    bool complete;   // every live block is in the table
    struct mscope_thread_layout layout;
    struct mscope_range vectors[MSCOPE_VECTOR_PARTS]; // bytes of a stopped thread's state that are vector registers
    // How the threads are held: a phase of stop.h, the tracer, since when and how long, and how long at most.
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
    struct mscope_scan scan; // first: the caller gets its address
    uint64_t capacity;       // in bytes, with this struct
    _Atomic uint32_t state;  // MSCOPE_ANSWER_…; a futex
    uint32_t problem;        // 0: none
    // For mscope_scan_read. A copy writes what is asked for to the window; a scan in place has kept the blocks' heads.
    int32_t owner, copy; // processes: the one that asks, and the copy that answers; 0 without a copy
    struct mscope_window *window;
    struct mscope_head *heads; // by node
};
enum { MSCOPE_ANSWER_NONE = 0, MSCOPE_ANSWER_READY = 1 };

enum { MSCOPE_WINDOW_BYTES = 1 << 18, MSCOPE_HEAD_BYTES = 128 };
enum { MSCOPE_WINDOW_IDLE = 0, MSCOPE_WINDOW_ASKED = 1 };
struct mscope_window {      // shared with the copy
    _Atomic uint32_t state; // MSCOPE_WINDOW_…; a futex
    uint64_t start, size;   // the memory that it shows
    uint8_t bytes[MSCOPE_WINDOW_BYTES];
};
struct mscope_head {
    uint8_t bytes[MSCOPE_HEAD_BYTES];
};

// ---- the scanner
struct mscope_ranges { // grows, in the core's own memory
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
    uint64_t lowest, span; // of block addresses; a word outside is no pointer to a block
    // By region: a table of counts, or one count for the whole region, shifted by 1 with bit 0 set; 0 when no block is
    // near.
    uint64_t *index;
    struct mscope_mapping *mappings;
    uint64_t mapping_count, mapping_hint;
    struct mscope_ranges skip;     // memory that has no roots
    struct mscope_ranges internal; // blocks of MemScope's own threads
    struct mscope_ranges buffers;  // memory that holds no references: blocks, or parts of one
    long pagemap;                  // a descriptor; negative: every page counts as present
    // What is known of the pages in [pages_start, pages_end): those from pages_next on, ascending.
    uint64_t pages_start, pages_end, pages_next, pages_count;
    bool pages_written;
    struct mscope_range pages[MSCOPE_RANGES_AT_ONCE];
    uint32_t problem;
    uint64_t deadline;
    // In place, a thread that could not be held may unmap memory: so the kernel reads it, a piece at a time. In a copy
    // memory is read directly, and `memory` is negative.
    long memory;
    uint64_t piece_start, piece_end;
    uint64_t piece[MSCOPE_PIECE_WORDS];
    // The same for single words, which are read between those of a piece.
    uint64_t page_start, page_end, page[MSCOPE_PAGE / 8];
    // What kind of roots is being looked for, and where.
    uint32_t kind;
    int32_t tid;
    bool arena_data; // in the file that has glibc's arenas
};

// ---- scan.c, scan/maps.c, scan/graph.c, scan/skip.c, scan/roots.c, scan/tasks.c, scan/stdio.c, scan/frames.c,
// scan/kernel.c: the scanner; the first problem stays in `problem`
/// Whether a process cloned from this one has ended. Waits for its end, unless `flags` has WNOHANG.
MSCOPE_HIDDEN bool mscope_has_ended(int32_t process, int flags);
/// Waits until `*state` is not `value` any more; false when the copy ended before that, or the time was over.
MSCOPE_HIDDEN bool mscope_await(_Atomic uint32_t *state, uint32_t value, int32_t process, uint64_t timeout);
/// Clones the process; the copy writes the answer. Returns the copy's process id, or an error.
MSCOPE_HIDDEN int32_t mscope_make_copy(struct mscope_plan *plan, struct mscope_answer *answer);
MSCOPE_HIDDEN bool mscope_read_mappings(struct mscope_scanner *scanner);
/// Calls `visit` for each line of a file of maps.
MSCOPE_HIDDEN void mscope_visit_mappings(struct mscope_scanner *scanner, const char *path,
                                         void (*visit)(struct mscope_scanner *scanner, struct mscope_mapping mapping));
MSCOPE_HIDDEN const struct mscope_mapping *mscope_mapping_at(struct mscope_scanner *scanner, uint64_t address);
MSCOPE_HIDDEN void mscope_list_what_to_skip(struct mscope_scanner *scanner);
MSCOPE_HIDDEN bool mscope_add_range(struct mscope_scanner *scanner, struct mscope_ranges *ranges, uint64_t start,
                                    uint64_t end);
/// The next run of pages in [*at, end) that hold anything of this process; `written`: without pages that are as in
/// their file. False when there is none; `*at` moves behind the run.
MSCOPE_HIDDEN bool mscope_next_pages(struct mscope_scanner *scanner, uint64_t *at, uint64_t end, bool written,
                                     struct mscope_range *out);
MSCOPE_HIDDEN void mscope_find_nodes(struct mscope_scanner *scanner);
/// Sorts the ranges and joins those that overlap, so that their ends ascend as their starts do.
MSCOPE_HIDDEN void mscope_join_ranges(struct mscope_ranges *ranges);
MSCOPE_HIDDEN void mscope_find_buffers(struct mscope_scanner *scanner);
MSCOPE_HIDDEN void mscope_find_roots(struct mscope_scanner *scanner);
/// Scans the words of [start, end) outside of blocks; `written`: without pages that are as in their file.
MSCOPE_HIDDEN void mscope_scan_pages(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written);
MSCOPE_HIDDEN bool mscope_is_private(const struct mscope_mapping *mapping);

// ---- scan/uncopied.c
/// Finds roots in memory that the program keeps from its children (MADV_DONTFORK), and so from the copy.
MSCOPE_HIDDEN void mscope_scan_uncopied(struct mscope_scanner *scanner);
MSCOPE_HIDDEN void mscope_find_edges(struct mscope_scanner *scanner);
/// The control block of the thread whose stack lies in [start, end); 0: there is none.
MSCOPE_HIDDEN uint64_t mscope_find_thread_pointer(struct mscope_scanner *scanner, uint64_t start, uint64_t end);
/// The part of a block that is in use behind its first two words; the block ends at `end`. All of it where this is not
/// known.
MSCOPE_HIDDEN struct mscope_range mscope_part_in_use(struct mscope_scanner *scanner,
                                                     const struct mscope_scan_node *node, uint64_t end);
/// Decides for each thread which part of its stack counts, and which of its registers.
MSCOPE_HIDDEN void mscope_judge_threads(struct mscope_scanner *scanner);
/// Adds the word at `address`, if it points to a block, as a root of the kind that is being looked for.
MSCOPE_HIDDEN void mscope_try_root(struct mscope_scanner *scanner, uint64_t address, uint64_t word);
/// Finds what the kernel keeps for the program: the user data of epoll and of timers.
MSCOPE_HIDDEN void mscope_find_kernel_roots(struct mscope_scanner *scanner);
/// Gives back what a scan in place has used; a copy just ends.
MSCOPE_HIDDEN void mscope_give_up_nodes(struct mscope_scanner *scanner);
MSCOPE_HIDDEN void mscope_give_up_mappings(struct mscope_scanner *scanner);
MSCOPE_HIDDEN const uint64_t *mscope_read_piece(struct mscope_scanner *scanner, uint64_t at, uint64_t *end);
/// A word at an address that is a multiple of 8; 0 where it cannot be read.
MSCOPE_HIDDEN uint64_t mscope_read_word(struct mscope_scanner *scanner, uint64_t at);
/// Whether the time is over, or there is another problem; `problem` says which.
MSCOPE_HIDDEN bool mscope_has_problem(struct mscope_scanner *scanner);
/// The word before a block, in which glibc keeps the chunk's size, and flags; 0 when there is none.
MSCOPE_HIDDEN uint64_t mscope_chunk_header(struct mscope_scanner *scanner, uint64_t address);
/// The node in which `address` lies; UINT32_MAX: there is none.
MSCOPE_HIDDEN uint32_t mscope_node_at(const struct mscope_scanner *scanner, uint64_t address);
/// The first node whose address is not below `address`.
MSCOPE_HIDDEN uint64_t mscope_first_node_from(const struct mscope_scanner *scanner, uint64_t address);

/// The words from `at` on. If they cannot be read up to `*end`, `*end` becomes where that stops; NULL when `at` cannot
/// be read.
static inline const uint64_t *mscope_words(struct mscope_scanner *scanner, uint64_t at, uint64_t *end)
{
    return mscope_likely(scanner->memory < 0) ? (const uint64_t *)at : mscope_read_piece(scanner, at, end);
}
static inline uint64_t mscope_word(struct mscope_scanner *scanner, uint64_t at)
{
    return mscope_likely(scanner->memory < 0) ? *(const uint64_t *)at : mscope_read_word(scanner, at);
}

// ---- scan/read.c
/// In the copy: shows the memory that is asked for, until the copy is killed or was asked nothing for as long as a scan
/// may take.
MSCOPE_HIDDEN void mscope_serve_reads(struct mscope_scanner *scanner);
/// In place: keeps the first bytes of each block, because they cannot be read later.
MSCOPE_HIDDEN void mscope_keep_heads(struct mscope_scanner *scanner);

// ---- what a word may point to
#define MSCOPE_POINTER_BITS ((1ull << 48) - 1)
// What programs keep in a pointer besides the address: a Swift reference's spare bits, a counter of 16 bits (lists
// without locks), flags below the alignment.
#define MSCOPE_TAG_BITS 0xffff000000000007ull

struct mscope_target {
    uint32_t node; // UINT32_MAX: none
    uint32_t flags;
};
/// For a word that is no address in a block: the block that begins at its address without other bits, or that ends
/// there as a cookie does.
MSCOPE_HIDDEN struct mscope_target mscope_odd_target(struct mscope_scanner *scanner, uint64_t word);

/// The block that a word of memory points to, by its plain value or without a tag.
static inline struct mscope_target mscope_target_of(struct mscope_scanner *scanner, uint64_t word)
{
    const struct mscope_target none = {UINT32_MAX, 0};
    uint64_t plain = word & ~MSCOPE_TAG_BITS;
    // One comparison rejects nearly every word; of words that are no addresses, most lie where no block is.
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
/// Adds the threads that exist now to the plan; true when one was new.
MSCOPE_HIDDEN bool mscope_list_threads(struct mscope_plan *plan);
/// Opens a file of a thread (tid 0: the folder of threads); a negative number when that fails.
MSCOPE_HIDDEN long mscope_open_task(int32_t process, int32_t tid, const char *name, int flags);
/// The system call that a thread is in: its number, and in `values` six arguments; -1 outside of a call. Then sp and
/// pc, which are 0 while the thread runs.
MSCOPE_HIDDEN long mscope_system_call_of(int32_t process, int32_t tid, uint64_t values[8]);
/// Notes where a thread is blocked, from these values.
MSCOPE_HIDDEN void mscope_take_place(struct mscope_scan_thread *thread, const uint64_t values[8]);
/// Writes `text` and `number` (left out when 0) at `end`. Returns the new end.
MSCOPE_HIDDEN char *mscope_put(char *end, const char *text, int32_t number);
MSCOPE_HIDDEN struct mscope_known_code mscope_find_known_code(void);
/// Notes the stack pointers of threads that were not held: from where they are blocked.
MSCOPE_HIDDEN void mscope_find_stack_pointers(struct mscope_plan *plan);
#endif

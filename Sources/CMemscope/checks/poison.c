// Accesses through a pointer that was read from a freed block. The block's filling, read as a pointer, is an address
// that does not exist: the access faults, is reported and goes on among zeros.
#include "checks/checks.h"
#include "checks/quarantine.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { MSCOPE_POISON_REACH = 0x10000 }; // how far a member may lie from the pointer
#define MSCOPE_POISON_LOWEST (MSCOPE_POISON_WORD - MSCOPE_POISON_REACH)

static inline bool mscope_is_poisoned(uint64_t word)
{
    return word - MSCOPE_POISON_LOWEST < 2 * MSCOPE_POISON_REACH;
}

enum mscope_found { MSCOPE_NOT_FOUND, MSCOPE_GUESSED, MSCOPE_FOUND };

/// The freed block around an address. The table may still know older blocks there: the word in front of an older one is
/// filling, where an allocator would have words of its own.
static enum mscope_found mscope_find_freed(uint64_t address, struct mscope_departure *out)
{
    enum { MSCOPE_REACH = 1 << 11 };
    uint64_t start = address & ~15ull, era = mscope_load_relaxed(&mscope_era), what, before;
    enum mscope_found found = MSCOPE_NOT_FOUND;
    for (uint64_t i = 0; i < MSCOPE_REACH && start >= 16; i++, start -= 16) {
        struct mscope_slot *slot = mscope_find_slot(start, &what);
        if (!mscope_tells_of(what, start)) continue;
        uint64_t mark = mscope_load_acquire(&slot->born);
        bool live = mscope_slot_flags(what) & MSCOPE_SLOT_LIVE;
        if (live || mark >> MSCOPE_ERA_SHIFT != era >> MSCOPE_ERA_SHIFT) break;
        struct mscope_departure block = {start, what, mark, mscope_block_size(what, start)};
        bool is_around = address - start < block.size;
        bool is_earlier = mscope_read_memory(start - 8, &before, 8) == 8 && before == MSCOPE_POISON_WORD;
        if (is_around) {
            *out = block;
            found = is_earlier ? MSCOPE_GUESSED : MSCOPE_FOUND;
        }
        if (!is_earlier) break;
    }
    return found;
}

/// It is not known any more from where the poisoned pointer was read. Most often a register or the frame still points
/// to the block.
static bool mscope_guess_freed(const uint64_t *words, uint32_t count, struct mscope_departure *out, uint64_t *address)
{
    for (uint32_t i = 0; i < count; i++) {
        if (words[i] < 4096 || words[i] >> MSCOPE_ADDRESS_BITS != 0) continue;
        if (mscope_find_freed(words[i], out) == MSCOPE_NOT_FOUND) continue;
        *address = words[i];
        return true;
    }
    return false;
}

/// Whether the fault is at an address that does not exist: other faults do not come from poison, whatever registers
/// hold.
static bool mscope_is_of_nowhere(const siginfo_t *info)
{
#if defined(__x86_64__)
    return info->si_code == SI_KERNEL; // the processor does not say which address it was
#else
    uint64_t lowest = MSCOPE_POISON_LOWEST << 8, address = (uint64_t)info->si_addr << 8; // the highest byte is ignored
    return (address - lowest) >> 8 < 2 * MSCOPE_POISON_REACH;
#endif
}

// room for one access behind the zeros
enum { MSCOPE_ROOM = 4096, MSCOPE_ZEROS = 2 * MSCOPE_POISON_REACH + MSCOPE_ROOM };

/// Zeros in the middle of addresses that cannot be accessed: code that goes on from the zeros by an index faults for
/// good, and does not write to other memory. NULL when there is no room for them.
static uint8_t *mscope_make_zeros(void)
{
    const uint64_t around = 4ull << 30, size = 2 * around + MSCOPE_ZEROS;
    long start = mscope_system(SYS_mmap, NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start < 0 && start > -4096) return NULL;
    uint64_t zeros = (uint64_t)start + around;
    if (mscope_system(SYS_mprotect, zeros, MSCOPE_ZEROS, PROT_READ | PROT_WRITE) == 0) return (uint8_t *)zeros;
    mscope_system(SYS_munmap, start, size);
    return NULL;
}

/// Lets the access go on among zeros, which the program's own memory might hold as well; false when it is a jump, or
/// when there is no memory. A pointer read there is NULL, so that every list ends.
static bool mscope_let_go_on(struct mscope_cursor at, uint64_t *registers, uint32_t count)
{
    static _Atomic(uint8_t *) zeros;
    uint8_t code[16];
    // pc is one further, as a return address
    if (mscope_is_jump(code, mscope_read_memory(at.pc - 1, code, sizeof(code)))) return false;
    uint8_t *place = mscope_load_acquire(&zeros), *other = NULL;
    if (place == NULL) {
        place = mscope_make_zeros();
        if (place == NULL) return false;
        // two threads at once: the zeros of the second stay unused
        if (!mscope_cas_acq_rel(&zeros, &other, place)) place = other;
    }
    memset(place, 0, MSCOPE_ZEROS); // a write may have gone there
    for (uint32_t i = 0; i < count; i++)
        if (mscope_is_poisoned(registers[i])) registers[i] = (uint64_t)place + registers[i] - MSCOPE_POISON_LOWEST;
    return true;
}

/// Whether the instruction at `at` jumps to an address that it reads from a freed block. *out: the block, *address:
/// where in it.
static enum mscope_found mscope_jumps_by_freed(struct mscope_cursor at, const uint64_t *registers,
                                               struct mscope_departure *out, uint64_t *address)
{
    uint8_t code[16];
    uint64_t word, count = mscope_read_memory(at.pc - 1, code, sizeof(code));
    if (count < sizeof(code) || !mscope_is_jump(code, count)) return MSCOPE_NOT_FOUND;
    *address = mscope_jump_source(code, count, registers);
    bool is_filling =
        *address != 0 && mscope_read_memory(*address, &word, sizeof(word)) == sizeof(word) && mscope_is_poisoned(word);
    return is_filling ? mscope_find_freed(*address, out) : MSCOPE_NOT_FOUND;
}

bool mscope_poison_caught(const siginfo_t *info, void *context)
{
    enum { MSCOPE_FRAME_WORDS = 32 };
    uint32_t count, poisoned = 0;
    if (!mscope_is_of_nowhere(info)) return false;
    uint64_t *registers = mscope_registers(context, &count);
    for (uint32_t i = 0; i < count; i++) poisoned += mscope_is_poisoned(registers[i]);
    struct mscope_cursor at = mscope_interrupted_call(context);
    uint64_t frame[MSCOPE_FRAME_WORDS], address = 0;
    struct mscope_departure block = {0};
    enum mscope_found by_jump = mscope_jumps_by_freed(at, registers, &block, &address);
    bool found = by_jump != MSCOPE_NOT_FOUND, is_jump = found;
    if (!is_jump && poisoned == 0) return false;
    if (!is_jump) {
        uint32_t read = (uint32_t)(mscope_read_memory(at.sp, frame, sizeof(frame)) / sizeof(uint64_t));
        found =
            mscope_guess_freed(registers, count, &block, &address) || mscope_guess_freed(frame, read, &block, &address);
    }
    struct mscope_witness here = mscope_witness(at);
    bool goes_on = !is_jump && mscope_let_go_on(at, registers, count);
    struct mscope_error error = {
        .kind = MSCOPE_USE_AFTER_FREE_READ,
        .flags = MSCOPE_ERROR_READ | (goes_on ? 0u : (uint32_t)MSCOPE_ERROR_FATAL)
                 | (found && by_jump != MSCOPE_FOUND ? (uint32_t)MSCOPE_ERROR_GUESSED : 0),
        .address = address,
        .block = block.address,
        .size = block.size,
        .offset = (int64_t)(address - block.address),
        .access_site = here.site,
        .access_thread = here.thread,
        .allocated_site = mscope_allocating_site(block.what),
        .freed_site = found ? mscope_site_of_mark(block.born) : 0,
        .family = mscope_slot_flags(block.what) >> MSCOPE_SLOT_FAMILY_SHIFT & 3,
    };
    mscope_report(&error);
    return goes_on;
}

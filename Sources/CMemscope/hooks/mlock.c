// Programs that keep all of their memory resident (mlockall) mean their own: MemScope's tables are reserved, mostly
// unused, and would fill memory. So what is mapped now is locked piece by piece, without MemScope's mappings.
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MSCOPE_NO_HOOKS

enum { MSCOPE_CAN_LOCK = 14 }; // CAP_IPC_LOCK
enum { MSCOPE_MAPS_BYTES = 1 << 22 };
enum { MSCOPE_LOCKED_QUARANTINE = 1 << 20 }; // freed blocks would be locked, too

/// The next line's range; false at the end of the text.
static bool mscope_next_map(const char **at, struct mscope_range *range)
{
    uint64_t numbers[2] = {0, 0};
    const char *text = *at;
    for (int i = 0; i < 2; i++, text++)
        for (; (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f'); text++)
            numbers[i] = numbers[i] << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
    if (numbers[1] == 0) return false;
    while (*text != 0 && *text != '\n') text++;
    *at = *text == '\n' ? text + 1 : text;
    *range = (struct mscope_range){numbers[0], numbers[1]};
    return true;
}

/// MemScope's mappings, one after another; before them the table of regions, which is as sparse.
static bool mscope_next_own(uint32_t *cursor, uint64_t *start, uint64_t *size)
{
    if (*cursor != 0) {
        uint32_t next = *cursor - 1;
        struct mscope_own_map map;
        if (!mscope_own_map(&next, &map)) return false;
        *cursor = next + 1;
        *start = map.start;
        *size = map.size;
        return true;
    }
    *cursor = 1;
    *start = ((uint64_t)mscope_regions + MSCOPE_PAGE - 1) & ~(uint64_t)(MSCOPE_PAGE - 1);
    *size = ((uint64_t)mscope_regions + sizeof(mscope_regions) - *start) & ~(uint64_t)(MSCOPE_PAGE - 1);
    return true;
}

static const struct link_map *mscope_first_engine_image;

void mscope_note_engine(const struct link_map *image)
{
    while (image->l_prev != NULL) image = image->l_prev;
    mscope_first_engine_image = image;
}

/// Where the image of the engine's namespace that contains the address ends; 0: none does.
static uint64_t mscope_engine_end(uint64_t address)
{
#if defined(DLFO_STRUCT_HAS_EH_DBASE)
    struct dl_find_object found;
    if (mscope_first_engine_image == NULL || _dl_find_object((void *)address, &found) != 0) return 0;
    const struct link_map *image = found.dlfo_link_map;
    while (image->l_prev != NULL) image = image->l_prev;
    return image == mscope_first_engine_image ? (uint64_t)found.dlfo_map_end : 0;
#else
    (void)address;
    return 0;
#endif
}

/// The end of the first part of [from, to) that is all MemScope's, or all not; *ours says which.
static uint64_t mscope_part_end(uint64_t from, uint64_t to, bool *ours)
{
    uint32_t cursor = 0;
    uint64_t start, size, end = to, special = mscope_engine_end(from);
    // A stack begins behind its guard, so at the beginning of a range.
    if (special == 0) special = (mscope_find_own_stack(from, to) + MSCOPE_PAGE - 1) & ~(uint64_t)(MSCOPE_PAGE - 1);
    *ours = special != 0;
    if (*ours) return special < to ? special : to;
    while (mscope_next_own(&cursor, &start, &size)) {
        if (from >= start && from < start + size) {
            *ours = true;
            return start + size < to ? start + size : to;
        }
        if (start > from && start < end) end = start;
    }
    return end;
}

/// Calls `use` for each part that is not MemScope's, until `use` returns an error, which is returned.
static long mscope_each_part(const char *maps, long (*use)(uint64_t start, uint64_t size, void *context), void *context)
{
    struct mscope_range range;
    long result = 0;
    while (result >= 0 && mscope_next_map(&maps, &range))
        for (uint64_t at = range.start, end; at < range.end && result >= 0; at = end) {
            bool ours;
            end = mscope_part_end(at, range.end, &ours);
            if (!ours) result = use(at, end - at, context);
        }
    return result;
}

static long mscope_add_size(uint64_t start, uint64_t size, void *sum)
{
    (void)start;
    *(uint64_t *)sum += size;
    return 0;
}

/// Like the kernel's mlockall, goes on where locking is not possible: at guard pages, and at the kernel's own mappings.
static long mscope_lock_part(uint64_t start, uint64_t size, void *flags)
{
    mscope_system(SYS_mlock2, start, size, *(int *)flags);
    return 0;
}

static bool mscope_may_lock(uint64_t bytes)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[2] = {{0, 0, 0}, {0, 0, 0}};
    struct rlimit limit = {0, 0};
    if (mscope_system(SYS_capget, &head, caps) == 0 && (caps[0].effective >> MSCOPE_CAN_LOCK & 1)) return true;
    return mscope_system(SYS_prlimit64, 0, RLIMIT_MEMLOCK, NULL, &limit) == 0 && bytes <= limit.rlim_cur;
}

/// Reads the whole text of /proc/self/maps; false when that is not possible.
static bool mscope_read_all_maps(char *text)
{
    long file = mscope_system(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0), got = 0;
    if (file < 0) return false;
    uint64_t used = 0;
    while (used < MSCOPE_MAPS_BYTES - 1
           && (got = mscope_system(SYS_read, file, text + used, MSCOPE_MAPS_BYTES - 1 - used)) > 0)
        used += (uint64_t)got;
    mscope_system(SYS_close, file);
    text[used] = 0;
    return got == 0 && used > 0;
}

/// Locks what is mapped now; an error as a negative number.
static long mscope_lock_current(int flags)
{
    char *text = mscope_map(MSCOPE_MAPS_BYTES);
    uint64_t bytes = 0;
    int how = flags & MCL_ONFAULT ? MLOCK_ONFAULT : 0;
    long result = text != NULL && mscope_read_all_maps(text) ? 0 : -EAGAIN;
    if (result == 0) mscope_each_part(text, mscope_add_size, &bytes);
    if (result == 0 && !mscope_may_lock(bytes)) result = -ENOMEM;
    if (result == 0) mscope_each_part(text, mscope_lock_part, &how);
    if (text != NULL) mscope_unmap(text, MSCOPE_MAPS_BYTES);
    return result;
}

int mlockall(int flags)
{
    int known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
    bool is_valid = (flags & ~known) == 0 && (flags & (MCL_CURRENT | MCL_FUTURE)) != 0;
    long result = is_valid && flags & MCL_CURRENT && mscope_has_tables ? mscope_lock_current(flags) : -EAGAIN;
    // Without tables, or a list of what is mapped, the kernel's mlockall is called; errors are then the kernel's.
    bool is_done = result == 0;
    if (result == -EAGAIN) result = mscope_system(SYS_mlockall, flags);
    if (is_done && flags & MCL_FUTURE) result = mscope_system(SYS_mlockall, flags & ~MCL_CURRENT);
    if (result == 0) mscope_store_relaxed(&mscope_locks_new_maps, (flags & MCL_FUTURE) != 0);
    if (result == 0) mscope_quarantine_limit(MSCOPE_LOCKED_QUARANTINE);
    if (result == 0) return 0;
    errno = (int)-result;
    return -1;
}

int munlockall(void)
{
    mscope_store_relaxed(&mscope_locks_new_maps, false);
    long result = mscope_system(SYS_munlockall);
    if (result == 0) return 0;
    errno = (int)-result;
    return -1;
}

#endif

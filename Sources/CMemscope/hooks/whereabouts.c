// Where the thread is that ends the process: a report needs ld.so's lock, which this thread may hold.
#include "hooks/ending.h"
#include "hooks/hooks.h"

#include <link.h>
#include <sys/auxv.h>

enum mscope_whereabouts mscope_find_whereabouts(struct mscope_cursor at)
{
    enum { MSCOPE_FUNCTION = 1024 }; // bytes of dl_iterate_phdr, at most
    static struct mscope_site site;  // one thread ends the process; what is found for another one does not matter
    struct mscope_unwind_table loader = {0};
    if (mscope_has_image_lock(mscope_thread_id())) return MSCOPE_IN_LOADER;
    if (!mscope_find_unwind_table(getauxval(AT_BASE), &loader)) return MSCOPE_ELSEWHERE;
    uint32_t number = mscope_witness(at).site;
    if (number == 0 || !mscope_read_site(number, &site)) site.frame_count = 0;
    bool is_whole = site.frame_count > 0 && (site.flags & MSCOPE_STACK_TRUNCATED) == 0;
    for (uint32_t i = 0; i < site.frame_count; i++) {
        uint64_t frame = site.frames[i];
        // The outermost frame of a process lies in ld.so, too, where the process was entered.
        bool is_outermost = is_whole && i + 1 == site.frame_count;
        if (frame - loader.start < loader.end - loader.start && !is_outermost) return MSCOPE_IN_LOADER;
        if (frame - (uint64_t)dl_iterate_phdr < MSCOPE_FUNCTION) return MSCOPE_IN_LOADER;
    }
    return is_whole ? MSCOPE_ELSEWHERE : MSCOPE_SOMEWHERE;
}

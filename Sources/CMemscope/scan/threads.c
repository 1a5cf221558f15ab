// Which threads exist when a scan is made, and how far their stacks reach.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

// ---- /proc/PID/task

char *mscope_put(char *end, const char *text, int32_t number)
{
    while (*text != 0) *end++ = *text++;
    char digits[12];
    int length = 0;
    for (; number > 0; number /= 10) digits[length++] = (char)('0' + number % 10);
    while (length > 0) *end++ = digits[--length];
    *end = 0;
    return end;
}

long mscope_open_task(int32_t process, int32_t tid, const char *name, int flags)
{
    char path[64];
    char *end = mscope_put(path, "/proc/", process);
    end = mscope_put(end, "/task", 0);
    if (tid != 0) end = mscope_put(end, "/", tid);
    mscope_put(end, name, 0);
    return mscope_system(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | flags, 0);
}

static int32_t mscope_number_of(const char *name)
{
    int32_t number = 0;
    for (; *name >= '0' && *name <= '9'; name++) number = number * 10 + (*name - '0');
    return *name == 0 ? number : 0; // "." and ".."
}

/// A thread of the plan, appended when it is new; NULL when there is no room.
static struct mscope_scan_thread *mscope_add_thread(struct mscope_plan *plan, int32_t tid, bool *new)
{
    for (uint32_t i = 0; i < plan->thread_count; i++)
        if (plan->threads[i].tid == tid) return &plan->threads[i];
    if (plan->thread_count == MSCOPE_SCAN_THREADS) return NULL;
    *new = true;
    plan->threads[plan->thread_count] = (struct mscope_scan_thread){.tid = tid};
    return &plan->threads[plan->thread_count++];
}

bool mscope_list_threads(struct mscope_plan *plan)
{
    // getdents64's records: 8 bytes inode, 8 offset, 2 length, 1 type, then the name.
    enum { LENGTH_AT = 16, NAME_AT = 19 };
    _Alignas(8) char entries[4096];
    bool new = false;
    long file = mscope_open_task(plan->process, 0, "", O_DIRECTORY), got;
    if (file < 0) return false;
    while ((got = mscope_system(SYS_getdents64, file, entries, sizeof(entries))) > 0) {
        for (long at = 0; at < got;) {
            uint16_t length;
            memcpy(&length, &entries[at + LENGTH_AT], sizeof(length));
            int32_t tid = mscope_number_of(&entries[at + NAME_AT]);
            if (tid != 0) mscope_add_thread(plan, tid, &new);
            at += length;
        }
    }
    mscope_system(SYS_close, file);
    return new;
}

// ---- system calls

/// The text is "running", or the call's number, six arguments, sp and pc; for a thread blocked elsewhere: -1, sp and
/// pc.
long mscope_system_call_of(int32_t process, int32_t tid, uint64_t values[8])
{
    char text[256];
    for (int i = 0; i < 8; i++) values[i] = 0;
    long file = mscope_open_task(process, tid, "/syscall", 0);
    if (file < 0) return -1;
    long got = mscope_system(SYS_read, file, text, sizeof(text) - 1);
    mscope_system(SYS_close, file);
    if (got <= 0) return -1;
    text[got] = 0;
    const char *at = text;
    bool outside = *at == '-';
    long number = 0;
    if (!outside && (*at < '0' || *at > '9')) return -1;
    for (at += outside; *at >= '0' && *at <= '9'; at++) number = number * 10 + (*at - '0');
    for (int i = outside ? 6 : 0; i < 8 && at[0] == ' ' && at[1] == '0' && at[2] == 'x'; i++)
        for (at += 3; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
            values[i] = values[i] << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return outside ? -1 : number;
}

void mscope_take_place(struct mscope_scan_thread *thread, const uint64_t values[8])
{
    thread->sp = values[6];
    thread->frame = (struct mscope_frame){.pc = values[7], .sp = values[6]};
}

void mscope_find_stack_pointers(struct mscope_plan *plan)
{
    for (uint32_t i = 0; i < plan->thread_count; i++) {
        struct mscope_scan_thread *thread = &plan->threads[i];
        uint64_t values[8];
        if (thread->self) {
            thread->sp = plan->sp;
            thread->frame = plan->frame;
        } else if (!thread->met) {
            mscope_system_call_of(plan->process, thread->tid, values);
            mscope_take_place(thread, values);
        }
    }
}

// ---- how glibc lays out a thread

// The descriptions for libthread_db: {bits, count, offset} of a member, and the size of the whole.
static const uint32_t *mscope_db_tid, *mscope_db_size;
static void (*mscope_static_tls)(size_t *, size_t *);

void mscope_find_thread_names(void)
{
    mscope_db_tid = dlsym(RTLD_DEFAULT, "_thread_db_pthread_tid");
    mscope_db_size = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
    mscope_static_tls = (void (*)(size_t *, size_t *))dlsym(RTLD_DEFAULT, "_dl_get_tls_static_info");
}

struct mscope_thread_layout mscope_find_thread_layout(void)
{
    struct mscope_thread_layout layout = {0};
#if defined(__x86_64__)
    if (mscope_static_tls == NULL && mscope_can_take_loader_lock()) mscope_find_thread_names();
    const uint32_t *tid = mscope_db_tid, *size = mscope_db_size;
    size_t bytes = 0, alignment = 0;
    if (tid == NULL || size == NULL || mscope_static_tls == NULL) return layout;
    // Used only if it is right for this thread.
    const char *self = (const char *)mscope_thread_pointer();
    if (tid[0] != 32 || tid[2] > *size - 4) return layout;
    if (*(const int32_t *)(self + tid[2]) != mscope_system(SYS_gettid)) return layout;
    mscope_static_tls(&bytes, &alignment);
    layout = (struct mscope_thread_layout){*size, tid[2], bytes > *size ? bytes - *size : 0};
#endif
    return layout;
}

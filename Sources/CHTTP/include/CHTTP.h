// Makes libmicrohttpd and a few Linux functions callable from Swift, and contains the dashboard's bytes.
//
// Swift calls the original functions where it can. Each function here says which limit of the importer it works around;
// it can be removed when that limit is gone.
#ifndef MSCOPE_CHTTP_H
#define MSCOPE_CHTTP_H

#include <microhttpd.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// ---- daemon.c

/// The functions that the daemon calls, always on the thread that runs it. `context` is the `context` of
/// `mscope_http_start`.
struct mscope_http_callbacks {
    MHD_AccessHandlerCallback request;
    /// Gets the raw request target; its result becomes the context of the request.
    void *_Nullable (*_Nonnull target)(void *_Nullable context, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
};

/// Starts a daemon without threads and without a listening socket. NULL when libmicrohttpd cannot start it. Why a shim:
/// `MHD_start_daemon` is variadic.
struct MHD_Daemon *_Nullable mscope_http_start(unsigned connection_limit, size_t connection_memory,
                                               struct mscope_http_callbacks callbacks, void *_Nullable context);

/// Gives the daemon a connected socket, which then belongs to the daemon; false when the daemon has closed the socket.
/// Why a shim: the original function needs an address, which is not used.
bool mscope_http_add(struct MHD_Daemon *daemon, int socket);

/// The descriptor that becomes readable when `MHD_run` has work, -1 when there is none.
/// Why a shim: `MHD_get_daemon_info` is variadic.
int mscope_http_poll_descriptor(struct MHD_Daemon *daemon);

/// The socket of a connection. Why a shim: `MHD_get_connection_info` is variadic.
int mscope_http_socket(struct MHD_Connection *connection);

/// The size of the request line and all header fields, in bytes. Why a shim: as above.
size_t mscope_http_header_size(struct MHD_Connection *connection);

/// A response of unlimited length that gets its bytes from `read`. Why a shim: `MHD_SIZE_UNKNOWN` is a macro with a
/// cast, which Swift does not import.
struct MHD_Response *_Nullable mscope_http_stream(size_t block_size, MHD_ContentReaderCallback read,
                                                  void *_Nullable context);

// ---- linux.c

// Swift's Glibc module is built without _GNU_SOURCE and without <sys/eventfd.h>.

enum { MSCOPE_HTTP_HANG_UP = 0x2000 }; // POLLRDHUP

/// Accepts the next client; its socket is close-on-exec and non-blocking; -1 with `errno` when there is none.
int mscope_http_accept(int listening_socket);
/// Makes a close-on-exec, non-blocking eventfd; -1 with `errno` on failure.
int mscope_http_eventfd(void);
/// Waits for a signal, but at most until `until`, in nanoseconds on the monotonic clock.
void mscope_http_semaphore_wait(sem_t *semaphore, uint64_t until);
/// Names the calling thread; at most 15 bytes are kept.
void mscope_http_name_thread(const char *name);
/// Makes libc allocate the calling thread's thread-local storage now: at first use, this would take ld.so's lock.
void mscope_http_make_thread_storage(void);

// ---- files.c

/// A file of the dashboard. `bytes` are valid as long as the process lives.
struct mscope_http_file {
    const char *path; // "/js/main.js"
    const uint8_t *bytes;
    size_t length;
};

/// The embedded files, in the order of public.def.
const struct mscope_http_file *mscope_http_files(size_t *count);

#pragma clang assume_nonnull end

#endif

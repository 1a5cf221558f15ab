#include "CHTTP.h"

#include <sys/un.h>

struct MHD_Daemon *mscope_http_start(unsigned connection_limit, size_t connection_memory,
                                     struct mscope_http_callbacks callbacks, void *context)
{
    // No MHD_USE_ERROR_LOG, because MemScope prints nothing without a request. No internal threads: MemScope's own
    // thread is marked, so that the library's allocations are not counted as the program's.
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, callbacks.request, context,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        // The library's clock does not stop while a connection is suspended. MemScope measures the time itself.
        // clang-format off
        MHD_OPTION_CONNECTION_TIMEOUT, 0,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, callbacks.target, context,
        MHD_OPTION_NOTIFY_COMPLETED, callbacks.completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, callbacks.connection, context,
        MHD_OPTION_END);
    // clang-format on
}

bool mscope_http_add(struct MHD_Daemon *daemon, int socket)
{
    struct sockaddr_un nobody = {.sun_family = AF_UNIX};
    return MHD_add_connection(daemon, socket, (struct sockaddr *)&nobody, sizeof nobody) == MHD_YES;
}

int mscope_http_poll_descriptor(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

int mscope_http_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

size_t mscope_http_header_size(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

struct MHD_Response *mscope_http_stream(size_t block_size, MHD_ContentReaderCallback read, void *context)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_size, read, context, NULL);
}

internal import CMemscope
internal import Glibc
internal import Synchronization
internal import Tracking

/// The unix sockets that listen, so that `exit` removes their files.
///
/// Nobody stops a server that the environment started, and each process of a family has a
/// file of its own. What is killed, or becomes another program by `exec`, leaves its file.
enum SocketFiles {
    private static let listening = Mutex<[ListeningSocket]>([])
    /// Evaluated once in a process and its forked children, which inherit handlers.
    private static let isRegistered = atexit { CaptureCore.asOwnThread { SocketFiles.removeAll() } } == 0

    static func add(_ socket: ListeningSocket) {
        _ = isRegistered
        listening.withLock { $0.append(socket) }
    }

    static func forget(_ socket: ListeningSocket) {
        listening.withLock { $0.removeAll { $0.descriptor == socket.descriptor } }
    }

    private static func removeAll() {
        // The lock may have been held when this process was forked: then nothing here is its own.
        listening.withLockIfAvailable { sockets in
            for socket in sockets where socket.isOfThisProcess { socket.unlinkFile() }
        } ?? ()
    }
}

internal import Glibc
internal import Synchronization
internal import Tracking

/// The unix sockets of running servers, so that `exit` removes their files.
///
/// A server that the environment started is never stopped, and each process of a family has a file of its own. A
/// process that is killed, or becomes another program by `exec`, leaves its file behind.
enum SocketFiles {
    /// An entry in a list that only grows.
    ///
    /// There is no lock: in a forked child, it could be held by a thread that the child does not have. Swift's `Mutex`
    /// would take the child's thread for the parent's thread that holds it, and end the process.
    private final class Place: Sendable {
        let socket: ListeningSocket
        let isForgotten = Atomic(false)
        let next = AtomicLazyReference<Place>()

        init(_ socket: ListeningSocket) { self.socket = socket }
    }

    private static let first = AtomicLazyReference<Place>()
    /// Evaluated once in a process and its forked children, because these inherit the exit handlers.
    private static let isRegistered = ProcessEnd.atExit { CaptureCore.asOwnThread { SocketFiles.removeAll() } }

    static func add(_ socket: ListeningSocket) {
        _ = isRegistered
        let place = Place(socket)
        var last = first.storeIfNil(place)
        while last !== place { last = last.next.storeIfNil(place) }
    }

    static func forget(_ socket: ListeningSocket) {
        forEach { place in
            if place.socket.file == socket.file { place.isForgotten.store(true, ordering: .relaxed) }
        }
    }

    private static func removeAll() {
        forEach { place in
            let isOurs = place.socket.isOfThisProcess && !place.isForgotten.load(ordering: .relaxed)
            if isOurs { place.socket.unlinkFile() }
        }
    }

    private static func forEach(_ body: (Place) -> Void) {
        var place = first.load()
        while let here = place {
            body(here)
            place = here.next.load()
        }
    }
}

import Glibc

/// What `--leak` does wrong, a little at a time.
enum Leaks {
    /// Two ends that hold each other.
    private final class Subscriber {
        var publisher: Publisher?
        let backlog = [String](repeating: "unread", count: 16)
    }

    private final class Publisher {
        var onChange: (() -> Void)?
        var subscribers: [Subscriber] = []
    }

    /// Ties one retain cycle through a closure and a field, and loses one C block.
    static func leakOnce() {
        let publisher = Publisher()
        let subscriber = Subscriber()
        subscriber.publisher = publisher
        publisher.subscribers.append(subscriber)
        publisher.onChange = { subscriber.publisher = nil }
        if let lost = unsafe malloc(200) { unsafe memset(lost, 1, 200) }
    }
}

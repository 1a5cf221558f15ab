import Glibc

/// The leaks that `--leak` makes, a few at a time.
enum Leaks {
    /// One of two classes whose objects hold each other.
    private final class Subscriber {
        var publisher: Publisher?
        let backlog = [String](repeating: "unread", count: 16)
    }

    private final class Publisher {
        var onChange: (() -> Void)?
        var subscribers: [Subscriber] = []
    }

    /// Makes one retain cycle through a closure and a field, and loses one C block.
    static func leakOnce() {
        let publisher = Publisher()
        let subscriber = Subscriber()
        subscriber.publisher = publisher
        publisher.subscribers.append(subscriber)
        publisher.onChange = { subscriber.publisher = nil }
        if let lost = unsafe malloc(200) { unsafe memset(lost, 1, 200) }
    }
}

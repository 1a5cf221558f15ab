import MemscopeServer

/// The recent activity of one visitor.
///
/// Only `SessionStore` uses it.
private final class Session {
    struct Line {
        let product: Product
        var quantity: Int
    }

    let visitor: String
    var lines: [Int: Line] = [:]
    var visited: [Product] = []
    var lastSeen: ContinuousClock.Instant

    init(visitor: String, lastSeen: ContinuousClock.Instant) {
        self.visitor = visitor
        self.lastSeen = lastSeen
    }

    var total: Int { lines.values.reduce(0) { $0 + $1.product.cents * $1.quantity } }
}

/// The visitors of the last 45 seconds, with their carts.
actor SessionStore {
    private static let lifetime = Duration.seconds(45)
    @Tracked("sessions") private var sessions: [String: Session] = [:]

    func visit(_ product: Product, by visitor: String) {
        let session = session(of: visitor)
        session.visited.append(product)
        if session.visited.count > 20 { session.visited.removeFirst(10) }
    }

    /// Puts products into the visitor's cart and returns the total of the cart in cents.
    func order(_ lines: [(product: Product, quantity: Int)], by visitor: String) -> Int {
        let session = session(of: visitor)
        for (product, quantity) in lines {
            session.lines[product.id, default: .init(product: product, quantity: 0)].quantity += quantity
        }
        return session.total
    }

    /// Drops visitors who have been away for longer than `lifetime`.
    func expire() {
        let oldest = ContinuousClock.now - Self.lifetime
        sessions = sessions.filter { $0.value.lastSeen > oldest }
    }

    private func session(of visitor: String) -> Session {
        let now = ContinuousClock.now
        let session = sessions[visitor] ?? Session(visitor: visitor, lastSeen: now)
        session.lastSeen = now
        sessions[visitor] = session
        return session
    }
}

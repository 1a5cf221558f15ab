// Classes and actors of another module, as most of what a test makes: the compiler sees less of them.

/// Refers to others in every way that a property can.
package final class Node {
    package var next: Node?
    package var tail: [Node] = []
    package var name: String

    package init(_ name: String = "node") { self.name = name }
}

package final class Button {
    package var onTap: (() -> Void)?
    package var taps = 0

    package init() {}
}

package final class Slot<Value> {
    package var value: Value?

    package init() {}
}

package indirect enum Tree {
    case leaf(Holder)
    case node(Tree, Tree)
}

package final class Holder {
    package var tree: Tree?

    package init() {}
}

package protocol Shape: AnyObject {
    var other: (any Shape)? { get set }
}

package final class Circle: Shape {
    package var other: (any Shape)?

    package init() {}
}

package final class Square: Shape {
    package var other: (any Shape)?
    private let corners = [Int](repeating: 3, count: 40)

    package init() {}
}

package final class Table {
    package var rows: [String: Table] = [:]
    package var owner: Any?

    package init() {}
}

package final class Worker: @unchecked Sendable {
    package var task: Task<Void, Never>?
    package var continuation: CheckedContinuation<Void, Never>?
    package var onEnd: (@Sendable () -> Void)?
    package var count = 0

    package init() {}
}

package actor Hub {
    private var peer: Hub?

    package init() {}

    package func link(_ hub: Hub) { peer = hub }
}

/// Refers to itself, with a size that the functions of swift-testing use as well.
package final class Page {
    package var numbers = (0, 0, 0, 0)
    package var parent: Page?
    package var onTurn: (() -> Int)?

    package init() {}
}

package actor Registry {
    private var hubs: [Hub] = []
    private var handler: (@Sendable () async -> Int)?

    package init() {}

    package func add(_ hub: Hub) { hubs.append(hub) }
    package func onCount(_ body: @escaping @Sendable () async -> Int) { handler = body }
    package func count() -> Int { hubs.count }
}

nonisolated(unsafe) private var sum: UInt = 0

/// Retains an object and forgets it, so that no optimizer can tell.
@inline(never) package func lose(_ node: Node) {
    unsafe sum ^= ~UInt(bitPattern: Unmanaged.passRetained(node).toOpaque())
}

// Weak and unowned references, and the side tables that come with them.

let referenceCases: [(name: String, run: () -> Void)] = [
    ("ring-with-side-tables", RingWithSideTables.run), ("lost-with-side-table", LostWithSideTable.run),
    ("weak-global-holds-nothing", WeakGlobal.run), ("unowned-back-reference", UnownedBack.lose),
    ("unowned-dead", UnownedDead.lose), ("unowned-unsafe", UnownedUnsafe.run),
    ("lost-behind-dead", LostBehindDead.lose), ("clean-child-of-dead", LostBehindDead.keep),
    ("weak-in-struct", WeakInStruct.run),
    ("clean-weak-parent", WeakParent.run), ("clean-unowned-parent", UnownedBack.keep),
    ("clean-behind-side-table", BehindSideTable.run), ("clean-dead-weak", DeadWeak.run),
    ("clean-unowned-dead", UnownedDead.keep), ("clean-unmanaged-field", UnmanagedField.run),
    ("clean-address-in-a-number", AddressInNumber.run),
]

/// Weak references to both: their counts live in side tables, to which their second word is a packed pointer.
enum RingWithSideTables {
    final class Node {
        var next: Node?
        weak var observer: Node?
    }

    @inline(never) static func run() {
        let one = Node()
        let other = Node()
        one.next = other
        other.next = one
        one.observer = other
        other.observer = one
        show(one)
    }
}

enum LostWithSideTable {
    final class Upper { let lower = Lower() }
    final class Lower { var number = 1 }

    @inline(never) static func run() {
        let upper = Upper()
        weak let observed = upper
        show(observed)
        _ = Unmanaged.passRetained(upper)
    }
}

/// A weak variable points to the side table, the side table to the object; that holds nothing.
enum WeakGlobal {
    final class Thing { var inner = Inner() }
    final class Inner { var number = 1 }
    nonisolated(unsafe) weak static var current: Thing?

    @inline(never) static func run() {
        let thing = Thing()
        current = thing
        _ = Unmanaged.passRetained(thing)
        show(current)
    }
}

enum UnownedBack {
    final class Country {
        var capital: City?
        init() { capital = City(country: self) }
    }
    final class City {
        unowned let country: Country
        init(country: Country) { self.country = country }
    }
    nonisolated(unsafe) static var kept: Country?

    @inline(never) static func lose() {
        show(Unmanaged.passRetained(Country()).toOpaque())
    }

    @inline(never) static func keep() {
        show(Country().capital == nil)
        kept = Country()
    }
}

/// An object that was deinitialised, whose memory an unowned reference keeps.
enum UnownedDead {
    final class Target { var size = (1, 2, 3) }
    final class Holder {
        unowned let target: Target
        init(_ target: Target) { self.target = target }
    }
    nonisolated(unsafe) static var kept: Holder?

    @inline(never) static func make() -> Holder {
        let target = Target()
        show(target)
        return Holder(target)
    }

    @inline(never) static func lose() {
        show(Unmanaged.passRetained(make()).toOpaque())
    }

    @inline(never) static func keep() {
        kept = make()
    }
}

/// The fields of a dead object, whose memory an unowned reference keeps, hold nothing, and are no references.
enum LostBehindDead {
    final class Parent {
        var child: Child
        init(_ child: Child) { self.child = child }
    }
    final class Child {
        unowned var parent: Parent?
        var other: Child?
    }
    nonisolated(unsafe) static var kept: [Child] = []

    @inline(never) static func lose() {
        let (one, other, witness) = (Child(), Child(), Child())
        (one.other, other.other) = (other, one)
        let parent = Parent(one)
        witness.parent = parent
        kept.append(witness)
        show(parent)
    }

    /// Children outlive their parents.
    @inline(never) static func keep() {
        for _ in 0..<10 {
            let child = Child()
            let parent = Parent(child)
            child.parent = parent
            kept.append(child)
            show(parent)
        }
        // What the children's memory becomes is not what the parents' fields say.
        kept.removeSubrange(0..<5)
        kept += (0..<5).map { _ in Child() }
    }
}

/// An `unowned(unsafe)` reference owns nothing: this is a lost object, not a cycle.
enum UnownedUnsafe {
    final class Node {
        unowned(unsafe) var parent: Node?
        var child: Node?
    }

    @inline(never) static func run() {
        let parent = Node()
        parent.child = Node()
        parent.child?.parent = parent
        _ = Unmanaged.passRetained(parent)
        show(parent)
    }
}

/// A ring beside a weak reference in a struct, in an array.
enum WeakInStruct {
    struct Reference { weak var object: Node? }
    final class Node {
        var friends: [Reference] = []
        var partner: Node?
    }

    @inline(never) static func run() {
        let node = Node()
        node.partner = Node()
        node.partner?.partner = node
        node.friends = [Reference(object: node), Reference(object: node.partner)]
        show(node)
    }
}

enum WeakParent {
    final class Parent { var children: [Child] = [] }
    final class Child { weak var parent: Parent? }

    @inline(never) static func run() {
        let parent = Parent()
        for _ in 0..<5 {
            let child = Child()
            child.parent = parent
            parent.children.append(child)
        }
        show(parent)
    }
}

enum BehindSideTable {
    final class Upper { let lower = Lower() }
    final class Lower { let lowest = Lowest() }
    final class Lowest { var number = 1 }
    nonisolated(unsafe) static var top: Upper?
    nonisolated(unsafe) weak static var lowest: Lowest?

    @inline(never) static func run() {
        let upper = Upper()
        weak let observed = upper
        weak let lower = upper.lower
        lowest = upper.lower.lowest
        top = upper
        show((observed, lower))
    }
}

/// The object is gone; the side table stays as long as the weak variable.
enum DeadWeak {
    final class Thing { var number = 1 }
    final class Holder { weak var thing: Thing? }
    nonisolated(unsafe) static var holder = Holder()

    @inline(never) static func run() {
        let thing = Thing()
        holder.thing = thing
        show(thing)
    }
}

enum UnmanagedField {
    final class Inner { var number = 1 }
    final class Holder { var inner: Unmanaged<Inner>? }
    nonisolated(unsafe) static var holder = Holder()

    @inline(never) static func run() {
        holder.inner = Unmanaged.passRetained(Inner())
        show(holder)
    }
}

/// As swift-atomics keeps a reference.
enum AddressInNumber {
    final class Inner { var number = 1 }
    struct Disguise { var first, second: UInt }
    final class Holder { var inner = Disguise(first: 0, second: 0) }
    nonisolated(unsafe) static var holder = Holder()

    @inline(never) static func run() {
        holder.inner.first = UInt(bitPattern: Unmanaged.passRetained(Inner()).toOpaque())
        show(holder)
    }
}

// Objects that hold each other through plain stored properties.

let cycleCases: [(name: String, run: () -> Void)] = [
    ("parent-child", ParentChild.run), ("ring-of-three", RingOfThree.run), ("self-reference", SelfReference.run),
    ("five-rings", FiveRings.run), ("ring-of-forty", RingOfForty.run), ("doubly-linked", DoublyLinked.run),
    ("figure-of-eight", FigureOfEight.run), ("cycle-holds-cycle", CycleHoldsCycle.run), ("hangers-on", HangersOn.run),
    ("inherited-field", InheritedField.run), ("nested-struct", NestedStruct.run), ("tuple-field", TupleField.run),
    ("lost-chain-end", LostChainEnd.run), ("two-fields-two-cycles", TwoFields.run),
]

enum ParentChild {
    final class Parent { var child: Child? }
    final class Child { var parent: Parent? }

    @inline(never) static func run() {
        let parent = Parent()
        let child = Child()
        parent.child = child
        child.parent = parent
        show(parent)
    }
}

enum RingOfThree {
    final class First { var second: Second? }
    final class Second { var third: Third? }
    final class Third { var first: First? }

    @inline(never) static func run() {
        let first = First()
        first.second = Second()
        first.second?.third = Third()
        first.second?.third?.first = first
        show(first)
    }
}

enum SelfReference {
    final class Narcissus { var mirror: Narcissus? }

    @inline(never) static func run() {
        let one = Narcissus()
        one.mirror = one
        show(one)
    }
}

enum FiveRings {
    final class Left { var right: Right? }
    final class Right { var left: Left? }

    @inline(never) static func tie() {
        let left = Left()
        left.right = Right()
        left.right?.left = left
        show(left)
    }

    @inline(never) static func run() {
        for _ in 0..<5 { tie() }
    }
}

enum RingOfForty {
    final class Bead { var next: Bead? }

    @inline(never) static func run() {
        let first = Bead()
        var last = first
        for _ in 1..<40 {
            let bead = Bead()
            last.next = bead
            last = bead
        }
        last.next = first
        show(first)
    }
}

enum DoublyLinked {
    final class Link {
        var next: Link?
        var previous: Link?
    }

    @inline(never) static func run() {
        let head = Link()
        var last = head
        for _ in 1..<100 {
            let link = Link()
            link.previous = last
            last.next = link
            last = link
        }
        show(head)
    }
}

enum FigureOfEight {
    final class Middle {
        var left: Wing?
        var right: Wing?
    }
    final class Wing { var middle: Middle? }

    @inline(never) static func run() {
        let middle = Middle()
        middle.left = Wing()
        middle.right = Wing()
        middle.left?.middle = middle
        middle.right?.middle = middle
        show(middle)
    }
}

enum CycleHoldsCycle {
    final class Upper {
        var other: Upper?
        var lower: Lower?
    }
    final class Lower { var other: Lower? }

    @inline(never) static func run() {
        let upper = Upper()
        upper.other = Upper()
        upper.other?.other = upper
        let lower = Lower()
        lower.other = Lower()
        lower.other?.other = lower
        upper.lower = lower
        show(upper)
    }
}

/// What a cycle holds is lost with it, but is no part of it.
enum HangersOn {
    final class Owner {
        var pet: Pet?
        var diary = String(repeating: "dear diary ", count: 10)
        var numbers = [1, 2, 3, 4]
        var toy = Toy()
    }
    final class Pet { var owner: Owner? }
    final class Toy { var size = 1 }

    @inline(never) static func run() {
        let owner = Owner()
        owner.numbers.append(owner.toy.size)
        owner.pet = Pet()
        owner.pet?.owner = owner
        show(owner)
    }
}

enum InheritedField {
    class Base { var owner: Owner? }
    class Middle: Base { var tag = 7 }
    final class Derived: Middle { var weight = 1.5 }
    final class Owner { var thing: Base? }

    @inline(never) static func run() {
        let owner = Owner()
        owner.thing = Derived()
        owner.thing?.owner = owner
        show(owner)
    }
}

enum NestedStruct {
    struct Inner { var node: Node?; var mark: UInt8 = 1 }
    struct Middle { var count = 3; var inner = Inner() }
    struct Outer { var flag = true; var middle = Middle() }
    final class Node { var outer = Outer() }

    @inline(never) static func run() {
        let node = Node()
        node.outer.middle.inner.node = Node()
        node.outer.middle.inner.node?.outer.middle.inner.node = node
        show(node)
    }
}

enum TupleField {
    final class Node { var pair: (Int32, Node?) = (1, nil) }

    @inline(never) static func run() {
        let node = Node()
        node.pair = (2, Node())
        node.pair.1?.pair = (3, node)
        show(node)
    }
}

/// A list whose last two members hold each other: the rest of it is not held by anything.
enum LostChainEnd {
    final class Link { var next: Link? }

    @inline(never) static func run() {
        let tail = Link()
        tail.next = Link()
        tail.next?.next = tail
        let middle = Link()
        middle.next = tail
        let first = Link()
        first.next = middle
        show(first)
        _ = Unmanaged.passRetained(first)
    }
}

/// The same two objects, tied twice.
enum TwoFields {
    final class House {
        var tenant: Tenant?
        var owner: Tenant?
    }
    final class Tenant { var home: House? }

    @inline(never) static func run() {
        let house = House()
        let tenant = Tenant()
        house.tenant = tenant
        house.owner = tenant
        tenant.home = house
        show(house)
    }
}

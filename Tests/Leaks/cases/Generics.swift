// Classes whose layout depends on their arguments.

let genericCases: [(name: String, run: () -> Void)] = [
    ("generic-box-ring", GenericBoxRing.run), ("generic-subclass", GenericSubclass.run),
    ("generic-struct-field", GenericStructField.run), ("generic-pack", GenericPack.run),
    ("generic-protocol", GenericProtocol.run), ("clean-generics", CleanGenerics.run),
]

enum GenericBoxRing {
    final class Box<Content> {
        var content: Content
        init(_ content: Content) { self.content = content }
    }

    @inline(never) static func run() {
        let inner = Box<AnyObject?>(nil)
        let outer = Box(inner)
        inner.content = outer
        show(outer)
    }
}

enum GenericSubclass {
    class Base<Element> {
        var elements: (Element, Element)
        init(_ element: Element) { elements = (element, element) }
    }
    final class Derived<Key>: Base<Key> {
        var back: AnyObject?
    }

    @inline(never) static func run() {
        let derived = Derived<Int16>(3)
        derived.back = Derived<String>("short")
        (derived.back as? Derived<String>)?.back = derived
        show(derived)
    }
}

enum GenericStructField {
    struct Pair<First, Second> { var first: First; var second: Second }
    final class Node { var pair: Pair<UInt8, Node?>? }

    @inline(never) static func run() {
        let node = Node()
        node.pair = Pair(first: 1, second: node)
        show(node)
    }
}

enum GenericPack {
    final class Pack<each Value> {
        var values: (repeat each Value)
        init(_ values: repeat each Value) { self.values = (repeat each values) }
    }
    final class Anchor { var pack: AnyObject? }

    @inline(never) static func run() {
        let anchor = Anchor()
        anchor.pack = Pack(Int8(1), anchor, 2.0)
        show(anchor)
    }
}

protocol Stage: AnyObject {
    associatedtype Next
    var next: Next? { get set }
}

enum GenericProtocol {
    final class Last: Stage { var next: AnyObject? }
    final class Step<Following: Stage>: Stage {
        var next: Following?
        var weight = 1
    }

    @inline(never) static func tie<Some: Stage>(_ step: Step<Some>, to last: Last) {
        last.next = step
    }

    @inline(never) static func run() {
        let last = Last()
        let step = Step<Last>()
        step.next = last
        tie(step, to: last)
        show(step)
    }
}

enum CleanGenerics {
    final class Stack<Element> {
        private var storage: [Element] = []
        func push(_ element: Element) { storage.append(element) }
        func pop() -> Element? { storage.popLast() }
    }

    @inline(never) static func fill<Element>(_ elements: [Element]) -> Stack<Element> {
        let stack = Stack<Element>()
        for element in elements { stack.push(element) }
        show(stack.pop())
        return stack
    }

    @inline(never) static func run() {
        let stacks = fill([fill([1, 2, 3]), fill([4])])
        show((stacks, fill(["a", "b"]), fill([(1, "x"), (2, "y")])))
    }
}

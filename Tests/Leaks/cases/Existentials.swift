// Values whose type is only known at run time.

let existentialCases: [(name: String, run: () -> Void)] = [
    ("existential-inline", ExistentialInline.run), ("existential-boxed", ExistentialBoxed.run),
    ("any-field", AnyField.run), ("any-object-field", AnyObjectField.run), ("array-of-any", ArrayOfAny.run),
    ("error-field", ErrorField.run), ("opaque-field", OpaqueField.run), ("composition-field", CompositionField.run),
    ("clean-existentials", CleanExistentials.run),
]

protocol Shape { func area() -> Double }

/// Fits the three words of an existential: the reference lies in the object itself.
enum ExistentialInline {
    struct Square: Shape {
        var side = 2.0
        var canvas: Canvas
        func area() -> Double { side * side }
    }
    final class Canvas { var shape: (any Shape)? }

    @inline(never) static func run() {
        let canvas = Canvas()
        canvas.shape = Square(canvas: canvas)
        show(canvas.shape?.area())
    }
}

/// Does not fit: it lies in a box.
enum ExistentialBoxed {
    struct Polygon: Shape {
        var a = 1.0, b = 2.0, c = 3.0, d = 4.0
        var canvas: Canvas
        func area() -> Double { a + b + c + d }
    }
    final class Canvas { var shape: (any Shape)? }

    @inline(never) static func run() {
        let canvas = Canvas()
        canvas.shape = Polygon(canvas: canvas)
        show(canvas.shape?.area())
    }
}

enum AnyField {
    final class Slot { var value: Any = 0 }

    @inline(never) static func run() {
        let slot = Slot()
        let other = Slot()
        slot.value = other
        other.value = (slot, 5)
        show(slot)
    }
}

enum AnyObjectField {
    final class Chest { var content: AnyObject? }

    @inline(never) static func run() {
        let chest = Chest()
        chest.content = Chest()
        (chest.content as? Chest)?.content = chest
        show(chest)
    }
}

enum ArrayOfAny {
    final class Bag { var things: [Any] = [] }

    @inline(never) static func run() {
        let bag = Bag()
        bag.things = [1, "two", bag, 4.0]
        show(bag)
    }
}

enum ErrorField {
    struct Failure: Error { var operation: Operation }
    final class Operation { var failure: (any Error)? }

    @inline(never) static func run() {
        let operation = Operation()
        operation.failure = Failure(operation: operation)
        show(operation)
    }
}

/// A generic class with a value of any size in its middle.
enum OpaqueField {
    struct Pair { var first: AnyObject?; var second: Int }
    final class Wrapper<Value> {
        var before = 1
        var value: Value
        var after: AnyObject?
        init(_ value: Value) { self.value = value }
    }

    @inline(never) static func make(_ object: AnyObject) -> some AnyObject {
        Wrapper(Pair(first: object, second: 2))
    }

    @inline(never) static func run() {
        let inner = Wrapper(0)
        inner.after = make(inner)
        show(inner)
    }
}

protocol Named: AnyObject { var name: Int { get } }
protocol Aged { var age: Int { get } }

enum CompositionField {
    class Being: Named { let name = 1 }
    final class Person: Being, Aged {
        let age = 2
        var friend: (any Being & Aged)?
        var other: (any Named & Aged)?
    }

    @inline(never) static func run() {
        let one = Person()
        let two = Person()
        one.friend = two
        two.other = one
        show(one)
    }
}

enum CleanExistentials {
    struct Big: Shape {
        var numbers = (1.0, 2.0, 3.0, 4.0, 5.0)
        var label = [1, 2, 3]
        func area() -> Double { numbers.4 }
    }

    @inline(never) static func run() {
        var all: [any Shape] = []
        for _ in 0..<20 { all.append(Big()) }
        let anything: [Any] = [all, "text that does not fit into a word or two", 5, Big()]
        show((all.map { $0.area() }, anything))
    }
}

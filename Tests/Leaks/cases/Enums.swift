// References in the payloads of enums.

let enumCases: [(name: String, run: () -> Void)] = [
    ("single-payload", SinglePayload.run), ("multi-payload", MultiPayload.run), ("indirect-enum", IndirectEnum.run),
    ("struct-payload", StructPayload.run), ("optional-of-optional", OptionalOfOptional.run),
    ("result-field", ResultField.run), ("clean-enums", CleanEnums.run),
]

enum SinglePayload {
    enum State { case idle, waiting, busy(Worker) }
    final class Worker { var state = State.idle }

    @inline(never) static func run() {
        let worker = Worker()
        let other = Worker()
        worker.state = .busy(other)
        other.state = .busy(worker)
        show(worker)
    }
}

/// The case is told by spare bits of the reference.
enum MultiPayload {
    enum Link { case parent(Node), child(Node), sibling(Node), none }
    final class Node { var link = Link.none }

    @inline(never) static func run() {
        let parent = Node()
        let child = Node()
        parent.link = .child(child)
        child.link = .parent(parent)
        show(parent)
    }
}

enum IndirectEnum {
    indirect enum Expression {
        case number(Int)
        case reference(Cell)
        case sum(Expression, Expression)
    }
    final class Cell { var formula = Expression.number(0) }

    @inline(never) static func run() {
        let cell = Cell()
        cell.formula = .sum(.reference(cell), .number(Int(CommandLine.argc)))
        show(cell)
    }
}

enum StructPayload {
    struct Route { var length: Int; var from: Station; var to: Station }
    enum Plan { case none, route(Route), text(String) }
    final class Station { var plan = Plan.none }

    @inline(never) static func run() {
        let one = Station()
        let other = Station()
        one.plan = .route(Route(length: 5, from: other, to: other))
        other.plan = .route(Route(length: 5, from: other, to: one))
        show(one)
    }
}

enum OptionalOfOptional {
    final class Doll { var inner: Doll??? = .none }

    @inline(never) static func run() {
        let doll = Doll()
        doll.inner = Doll()
        doll.inner??!.inner = doll
        show(doll)
    }
}

enum ResultField {
    struct Problem: Error { var code = 3 }
    final class Request { var answer: Result<Request, Problem>? }

    @inline(never) static func run() {
        let request = Request()
        let follower = Request()
        request.answer = .success(follower)
        follower.answer = .success(request)
        show(request)
    }
}

enum CleanEnums {
    indirect enum Tree { case leaf, node(Tree, Int, Tree) }
    enum Value { case object(Item), list([Item]), text(String), nothing }
    final class Item { var value = Value.nothing }

    @inline(never) static func grow(_ depth: Int) -> Tree {
        depth == 0 ? .leaf : .node(grow(depth - 1), depth, grow(depth - 1))
    }

    @inline(never) static func run() {
        let item = Item()
        item.value = .list([Item(), Item()])
        let text = Item()
        text.value = .text(String(repeating: "words ", count: 10))
        item.value = .object(text)
        show((grow(6), item))
    }
}

// Cycles that can be broken in one way only, and what is said of it; see also the other topics.

let adviceCases: [(name: String, run: () -> Void)] = [
    ("advise-closure-in-struct", ClosureInStruct.run), ("advise-closure-in-dictionary", ClosureInDictionary.run),
    ("advise-optional-closure-tuple", ClosureInTuple.run), ("advise-nested-closures", NestedClosures.run),
    ("advise-captured-struct", CapturedStruct.run), ("advise-captured-existential", CapturedExistential.run),
    ("advise-local-function", LocalFunction.run), ("advise-shared-variable", SharedVariable.run),
    ("advise-existential-property", ExistentialProperty.run), ("advise-class-existential", ClassExistential.run),
    ("advise-actor", ActorProperty.run), ("advise-enum-payload", EnumPayload.run),
    ("advise-indirect-enum", EnumTree.run), ("advise-elements-only", ElementsOnly.run),
    ("advise-generic-argument", GenericArgument.run), ("advise-struct-property", StructProperty.run),
    ("advise-unowned-beside", UnownedBeside.run),
]

enum ClosureInStruct {
    struct Handlers { var name = 1; var onDone: (() -> Void)? }
    final class Loader {
        var handlers = Handlers()
        var count = 0
        func connect() { handlers.onDone = { self.count += 1 } }
    }

    @inline(never) static func run() {
        let loader = Loader()
        loader.connect()
        loader.handlers.onDone?()
        show(loader)
    }
}

enum ClosureInDictionary {
    final class Bus {
        var handlers: [Int: (Int) -> Void] = [:]
        var sum = 0
        func connect(_ weight: Int) { handlers[weight] = { self.sum += $0 * weight } }
    }

    @inline(never) static func run() {
        let bus = Bus()
        bus.connect(Int(CommandLine.argc))
        bus.handlers[1]?(2)
        show(bus)
    }
}

/// Nothing of a tuple can be weak, but a closure in one can capture weakly.
enum ClosureInTuple {
    final class Meter {
        var pair: (Int, (() -> Void)?) = (1, nil)
        func connect() { pair.1 = { self.pair.0 += 1 } }
    }

    @inline(never) static func run() {
        let meter = Meter()
        meter.connect()
        meter.pair.1?()
        show(meter)
    }
}

enum NestedClosures {
    final class Machine {
        var start: ((Int) -> Int)?
        var speed = 3
        func build(_ factor: Int) {
            let inner: (Int) -> Int = { self.speed * factor + $0 }
            start = NestedClosures.wrap(inner, factor)
        }
    }

    @inline(never) static func wrap(_ inner: @escaping (Int) -> Int, _ step: Int) -> (Int) -> Int {
        { inner($0) + step }
    }

    @inline(never) static func run() {
        let machine = Machine()
        machine.build(Int(CommandLine.argc))
        show(machine.start?(1))
    }
}

enum CapturedStruct {
    struct Context { var owner: View; var step: Int }
    final class View {
        var onTap: ((Int) -> Int)?
        var taps = 0
    }

    @inline(never) static func make(_ context: Context) -> (Int) -> Int {
        show(context)
        return { context.owner.taps + context.step + $0 }
    }

    @inline(never) static func run() {
        let view = View()
        view.onTap = make(Context(owner: view, step: Int(CommandLine.argc)))
        show(view.onTap?(1))
    }
}

protocol Tool { func use() -> Int }

enum CapturedExistential {
    final class Drill: Tool {
        var onUse: ((Int) -> Int)?
        func use() -> Int { 1 }
    }

    @inline(never) static func make(_ tool: any Tool, _ step: Int) -> (Int) -> Int {
        show(tool)
        return { tool.use() + step + $0 }
    }

    @inline(never) static func run() {
        let drill = Drill()
        drill.onUse = make(drill, Int(CommandLine.argc))
        show(drill.onUse?(1))
    }
}

enum LocalFunction {
    final class Door {
        var onOpen: ((Int) -> Int)?
        var opened = 0
        func connect(_ step: Int) {
            func opening(_ more: Int) -> Int {
                opened += step
                return opened + more
            }
            onOpen = opening
        }
    }

    @inline(never) static func run() {
        let door = Door()
        door.connect(Int(CommandLine.argc))
        show(door.onOpen?(1))
    }
}

/// The variable is shared with a second closure, so that it has a box beside the context.
enum SharedVariable {
    final class Holder { var change: ((Int) -> Int)? }

    @inline(never) static func run() {
        var current: Holder? = Holder()
        let step = Int(CommandLine.argc)
        let holder = current
        holder?.change = {
            defer { current = Holder() }
            return (current == nil ? 0 : step) + $0
        }
        show(holder)
    }
}

/// Structs may adopt the protocol too: the properties cannot be weak as they are.
enum ExistentialProperty {
    final class Hammer: Tool {
        var other: any Tool = Nail()
        func use() -> Int { 1 }
    }
    struct Nail: Tool { func use() -> Int { 2 } }

    @inline(never) static func run() {
        let one = Hammer()
        let other = Hammer()
        one.other = other
        other.other = one
        show(one.other.use())
    }
}

protocol Tile: AnyObject { func area() -> Int }

enum ClassExistential {
    final class Square: Tile {
        var next: (any Tile)?
        func area() -> Int { 1 }
    }

    @inline(never) static func run() {
        let one = Square()
        let other = Square()
        one.next = other
        other.next = one
        show(one.next?.area())
    }
}

enum ActorProperty {
    actor Room { nonisolated(unsafe) var guest: Guest? }
    final class Guest { var host: Room?; var name = 1 }

    @inline(never) static func run() {
        let room = Room()
        let guest = Guest()
        room.guest = guest
        guest.host = room
        show(room)
    }
}

enum EnumPayload {
    enum Link { case none, node(Node) }
    final class Node { var link = Link.none }

    @inline(never) static func run() {
        let one = Node()
        let other = Node()
        one.link = .node(other)
        other.link = .node(one)
        show(one)
    }
}

enum EnumTree {
    indirect enum Tree { case leaf(Int), branch(Owner, Int) }
    final class Owner { var tree = Tree.leaf(1) }

    @inline(never) static func run() {
        let owner = Owner()
        owner.tree = .branch(owner, Int(CommandLine.argc))
        show(owner)
    }
}

enum ElementsOnly {
    final class Group { var members: [Member] = [] }
    final class Member { var groups: [Group] = [] }

    @inline(never) static func run() {
        let group = Group()
        let member = Member()
        group.members.append(member)
        member.groups.append(group)
        show(group)
    }
}

/// A value of generic type cannot be weak; the other reference can.
enum GenericArgument {
    final class Cell<Value> { var value: Value; init(_ value: Value) { self.value = value } }
    final class User { var cell: Cell<User?>? }

    @inline(never) static func run() {
        let cell = Cell<User?>(nil)
        let user = User()
        user.cell = cell
        cell.value = user
        show(user)
    }
}

/// The older object's property of a struct points back.
enum StructProperty {
    struct State { var number = 1; var parent: Branch? }
    final class Branch { var leaf: Leaf? }
    final class Leaf { var state = State() }

    @inline(never) static func run() {
        let branch = Branch()
        let leaf = Leaf()
        branch.leaf = leaf
        leaf.state.parent = branch
        show(branch)
    }
}

/// What is unowned closes no cycle; what the closure captures besides does.
enum UnownedBeside {
    final class Model {
        var onChange: ((Int) -> Int)?
        var number = 1
    }

    @inline(never) static func run() {
        let model = Model()
        let other = Model()
        model.onChange = { [unowned model] in model.number + other.number + $0 }
        other.onChange = { $0 + model.number + other.number }
        show(model.onChange?(1))
    }
}

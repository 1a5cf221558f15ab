// Closures that hold what holds them.

let closureCases: [(name: String, run: () -> Void)] = [
    ("closure-self", ClosureSelf.run), ("closure-self-and-value", ClosureSelfAndValue.run),
    ("lazy-closure", LazyClosure.run), ("lazy-value", LazyValue.run), ("closures-cross", ClosuresCross.run),
    ("closure-in-closure", ClosureInClosure.run), ("captured-variable", CapturedVariable.run),
    ("recursive-closure", RecursiveClosure.run), ("weak-self-strong-service", WeakSelfStrongService.run),
    ("closure-array", ClosureArray.run), ("generic-closure", GenericClosure.run),
    ("strong-delegate", StrongDelegate.run),
    ("bound-method", BoundMethod.run), ("lost-closure", LostClosure.run),
    ("clean-weak-self", WeakSelf.run), ("clean-closure-runs-once", ClosureRunsOnce.run),
    ("clean-unowned-self", UnownedSelf.run), ("clean-unowned-self-generic", GenericUnownedSelf.run),
    ("clean-weak-delegate", WeakDelegate.run),
]

/// Where generic arguments stand in the context, its captures have no layout.
enum GenericUnownedSelf {
    final class Slot<Value> {
        var value: Value
        var onTap: (() -> Value)?
        init(_ value: Value) { self.value = value }
        func connect(_ times: Int) {
            onTap = { [unowned self] in
                show(times)
                return value
            }
        }
    }
    nonisolated(unsafe) static var kept: [Slot<Int>] = []

    @inline(never) static func run() {
        for number in 0..<20 {
            let slot = Slot(number)
            slot.connect(number)
            kept.append(slot)
        }
        show(kept.count)
    }
}

/// A closure that captures one object alone needs no context: the object is its context.
enum ClosureSelf {
    final class Button {
        var onTap: (() -> Void)?
        var taps = 0
        func connect() { onTap = { self.taps += 1 } }
    }

    @inline(never) static func run() {
        let button = Button()
        button.connect()
        button.onTap?()
        show(button)
    }
}

enum ClosureSelfAndValue {
    final class Button {
        var onTap: (() -> Void)?
        var taps = 0
        func connect(step: Int) { onTap = { self.taps += step } }
    }

    @inline(never) static func run() {
        let button = Button()
        button.connect(step: Int(CommandLine.argc))
        button.onTap?()
        show(button)
    }
}

enum LazyClosure {
    final class Element {
        var name = 17
        lazy var describe: () -> Int = { self.name }
    }

    @inline(never) static func run() {
        let element = Element()
        show(element.describe())
    }
}

enum LazyValue {
    final class Model {
        lazy var view = View(model: self)
    }
    final class View {
        let model: Model
        init(model: Model) { self.model = model }
    }

    @inline(never) static func run() {
        show(Model().view)
    }
}

enum ClosuresCross {
    final class Speaker {
        var onWord: ((Int) -> Int)?
        var words = 0
    }

    @inline(never) static func run() {
        let one = Speaker()
        let other = Speaker()
        let step = Int(CommandLine.argc)
        one.onWord = { other.words + $0 + step }
        other.onWord = { one.words + $0 + step }
        show(one.onWord?(1))
    }
}

enum ClosureInClosure {
    final class Machine {
        var start: (() -> Int)?
        var speed = 3
    }

    @inline(never) static func make(_ machine: Machine, _ factor: Int) -> () -> Int {
        let inner: () -> Int = { machine.speed * factor }
        show(inner)
        return { inner() + factor }
    }

    @inline(never) static func run() {
        let machine = Machine()
        machine.start = make(machine, Int(CommandLine.argc))
        show(machine.start?())
    }
}

/// The variable lives in a box, since the closure changes it; the object holds the closure, the box the object.
enum CapturedVariable {
    final class Holder { var change: (() -> Void)? }

    @inline(never) static func run() {
        var current: Holder? = Holder()
        let holder = current
        holder?.change = {
            show(current == nil)
            current = Holder()
        }
        show(holder)
    }
}

/// The closure captures the variable that it is kept in.
enum RecursiveClosure {
    @inline(never) static func run() {
        var countDown: ((Int) -> Int)?
        countDown = { $0 == 0 ? 0 : countDown!($0 - 1) }
        show(countDown!(3))
    }
}

enum WeakSelfStrongService {
    final class Service { var client: Client? }
    final class Client {
        var onDone: (() -> Void)?
        func ask(_ service: Service) {
            onDone = { [weak self] in service.client = self }
            service.client = self
        }
    }

    @inline(never) static func run() {
        let client = Client()
        client.ask(Service())
        show(client)
    }
}

enum ClosureArray {
    final class Hub {
        var handlers: [(Int) -> Void] = []
        var sum = 0
        func add(_ weight: Int) { handlers.append { self.sum += $0 * weight } }
    }

    @inline(never) static func run() {
        let hub = Hub()
        hub.add(Int(CommandLine.argc))
        hub.handlers[0](3)
        show(hub)
    }
}

/// The context keeps the generic argument's metadata beside the value.
enum GenericClosure {
    final class Producer { var produce: (() -> Any)? }

    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never) static func bind<T>(_ value: T, to producer: Producer) {
        producer.produce = { value }
    }

    @inline(never) static func run() {
        let producer = Producer()
        bind((producer, 5), to: producer)
        show(producer.produce?())
    }
}

protocol ViewDelegate: AnyObject { func changed() -> Int }

enum StrongDelegate {
    final class View { var delegate: (any ViewDelegate)? }
    final class Controller: ViewDelegate {
        let view = View()
        func changed() -> Int { 1 }
    }

    @inline(never) static func run() {
        let controller = Controller()
        controller.view.delegate = controller
        show(controller.view.delegate?.changed())
    }
}

enum BoundMethod {
    final class Door {
        var onOpen: (() -> Int)?
        func open() -> Int { 4 }
    }

    @inline(never) static func run() {
        let door = Door()
        door.onOpen = door.open
        show(door.onOpen?())
    }
}

/// A context that nothing holds any more: its count was raised once too often.
enum LostClosure {
    final class Carrier { var call: (() -> Int)? }

    @inline(never) static func run() {
        let first = Int(CommandLine.argc)
        let second = first + 1
        let carrier = Carrier()
        carrier.call = { first * second }
        show(carrier.call?())
        // Behind the header: the function's code, then its context.
        let context = Unmanaged.passUnretained(carrier).toOpaque().load(fromByteOffset: 24, as: UnsafeRawPointer.self)
        _ = Unmanaged<AnyObject>.fromOpaque(context).retain()
    }
}

enum WeakSelf {
    final class Button {
        var onTap: (() -> Void)?
        var taps = 0
        func connect(step: Int) { onTap = { [weak self] in self?.taps += step } }
    }

    @inline(never) static func run() {
        let button = Button()
        button.connect(step: 2)
        button.onTap?()
        show(button)
    }
}

enum ClosureRunsOnce {
    final class Job {
        var done: (() -> Void)?
        var results: [Int] = []
        func finish() {
            let call = done
            done = nil
            call?()
        }
    }

    @inline(never) static func run() {
        let job = Job()
        job.done = { job.results.append(1) }
        job.finish()
        show(job)
    }
}

enum UnownedSelf {
    final class Parser {
        var position = 0
        lazy var advance: () -> Void = { [unowned self] in position += 1 }
    }

    @inline(never) static func run() {
        let parser = Parser()
        parser.advance()
        show(parser.position)
    }
}

enum WeakDelegate {
    final class View { weak var delegate: (any ViewDelegate)? }
    final class Controller: ViewDelegate {
        let view = View()
        func changed() -> Int { 2 }
    }

    @inline(never) static func run() {
        let controller = Controller()
        controller.view.delegate = controller
        show(controller.view.delegate?.changed())
    }
}

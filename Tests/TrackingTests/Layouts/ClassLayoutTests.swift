import Foundation
import Synchronization
import Testing
import Tracking

private class Target { var value = 1 }
private protocol Delegate: AnyObject {}
extension Target: Delegate {}
private protocol Shape { var area: Double { get } }
private struct Square: Shape {
    var area = 1.0
    var target = Target()
}

@safe private class Account {
    var number = 1
    var owner: Target
    weak var delegate: Target?
    weak var listener: (any Delegate)?
    unowned var bank: Target
    unowned(unsafe) var branch: Target
    var name = "account"
    var raw: Unmanaged<Target>
    var pointer: UnsafeMutableRawPointer?
    var disguised: UInt = 1
    lazy var later = Target()
    var flag = true

    init(_ target: Target) {
        (owner, delegate, listener, bank) = (target, target, target, target)
        unsafe branch = target
        unsafe raw = Unmanaged.passUnretained(target)
    }
}

@safe private final class Savings: Account {
    var rates: [Double] = [1]
    var history: [String: Target] = [:]
    var tags: Set<String> = []
}

private class Generic<Value> {
    var before = Target()
    var value: Value
    var after: [Value] = []
    init(_ value: Value) { self.value = value }
}
private final class Special: Generic<Target?> { var own = Target() }

private struct State {
    var parent: Target?
    var count = 0
    var pair: (left: Target, Int, Target)
}
private enum Mode {
    case idle
    case busy(Target)
}
private enum Choice {
    case first(Target)
    case second(String)
    case third(Int)
}
private enum Trivial {
    case number(Int)
    case pair(Int, Int)
}
private indirect enum Tree { case leaf, node(Tree, Tree) }
private final class Nested {
    var state: State
    var mode: Mode
    var choice = Choice.third(1)
    var trivial = Trivial.number(3)
    var tree = Tree.leaf
    var result: Result<Target, any Error>
    init(_ target: Target) {
        state = State(parent: target, pair: (target, 1, target))
        mode = .busy(target)
        result = .success(target)
    }
}
private final class Dynamic {
    var shape: any Shape = Square()
    var anything: Any = 1
    var object: AnyObject = Target()
    var error: (any Error)?
    var type: Any.Type = Int.self
    var call: () -> Void = {}
    var maybe: ((Int) -> Int)?
    var function: (@convention(c) (Int) -> Int)?
}
private final class Parts {
    var slice: ArraySlice<Target>
    var text: Substring
    var letter: Character = "a"
    var id: ObjectIdentifier
    init(_ target: Target) {
        slice = [target, target][1...]
        text = "a long text that is no small string at all".dropFirst()
        id = ObjectIdentifier(target)
    }
}
private actor Counter {
    var target = Target()
    var count = 0
}
private final class Locked: Sendable {
    let state: Mutex<Int> = Mutex(1)
    let targets: Mutex<[Int]> = Mutex([1])
}
private final class Buffer: ManagedBuffer<Target, Target> {}
private final class Foreign { var time = timespec() }
private final class Empty {}

@Suite("Layouts of classes") struct ClassLayoutTests {
    private let layouts = Layouts()
    private let target = Target()

    @Test("Live objects of this runtime are laid out as expected") func selfTest() {
        #expect(layouts.store.layoutProblems == [])
    }

    @Test("Each reference is what it was declared as") func references() {
        #expect(
            layouts.fields(of: Account(target)) == [
                "owner strong", "delegate weak", "listener weak", "bank unowned", "branch unmanaged", "name strong",
                "raw unmanaged", "pointer unmanaged", "disguised unmanaged", "later strong",
            ]
        )
        #expect(layouts.name(of: Layouts.address(target), in: Account(target)) == "owner")
        #expect(layouts.fields(of: target) == [])
        #expect(layouts.fields(of: Empty()) == [])
    }

    @Test("Inherited fields come first, and collections are one word each") func inherited() {
        let fields = layouts.fields(of: Savings(target))
        #expect(fields.first == "owner strong")
        #expect(fields.suffix(4) == ["later strong", "rates strong", "history strong", "tags strong"])
    }

    @Test("Generic fields are what their arguments are") func generic() {
        #expect(layouts.fields(of: Generic(1)) == ["before strong", "after strong"])
        #expect(layouts.fields(of: Generic(target)) == ["before strong", "value strong", "after strong"])
        #expect(layouts.fields(of: Generic("a")) == ["before strong", "value strong", "after strong"])
        #expect(
            layouts.fields(of: Special(target)) == ["before strong", "value strong", "after strong", "own strong"]
        )
    }

    @Test("Structs, tuples and enums are looked into") func nested() {
        #expect(
            layouts.fields(of: Nested(target)) == [
                "state.parent strong", "state.pair.left strong", "state.pair.2 strong", "mode.busy strong",
                "choice.first strong", "choice.second strong", "tree.node strong", "result strong",
            ]
        )
    }

    @Test("Existentials, functions and metatypes hold what they hold") func dynamic() {
        #expect(
            layouts.fields(of: Dynamic()) == [
                "shape strong", "shape strong", "shape strong", "anything strong", "anything strong",
                "anything strong", "object strong", "error strong", "call strong", "maybe strong",
            ]
        )
    }

    @Test("A slice owns its storage, and points into it") func slices() {
        #expect(
            layouts.fields(of: Parts(target)) == [
                "slice strong", "slice unmanaged", "slice unmanaged", "text strong", "letter strong",
            ]
        )
    }

    @Test("The queue of an actor owns nothing, its fields are known") func actors() {
        let fields = layouts.fields(of: Counter())
        #expect(fields.last == "target strong")
        #expect(!fields.isEmpty && fields.dropLast().allSatisfy { $0 == "$defaultActor unmanaged" })
    }

    @Test("What a mutex protects are words, as the runtime cannot name its type") func mutex() {
        #expect(
            layouts.fields(of: Locked()) == [
                "state conservative", "state conservative", "targets conservative", "targets conservative",
            ]
        )
    }

    @Test("Elements behind an instance are words") func tail() throws {
        let buffer = Buffer.create(minimumCapacity: 3) { _ in target }
        #expect(layouts.fields(of: buffer) == ["header strong"])
        let layout = try #require(layouts.layout(of: buffer, size: 56))
        #expect(layout.kind(at: 16) == .strong)
        #expect(layout.name(at: 16) == "header")
        #expect([24, 32, 48].map { layout.kind(at: $0) } == [.conservative, .conservative, .conservative])
        #expect(layout.name(at: 32) == "[1]")
    }

    @Test("Only a ManagedBuffer may have elements behind the size that was asked for") func behindSize() throws {
        let buffer = Buffer.create(minimumCapacity: 3) { _ in target }
        #expect(try #require(layouts.layout(of: buffer, size: 56)).isExact == false)
        #expect(try #require(layouts.layout(of: buffer)).isExact)
        // An instance, with a lock behind it.
        let continuation = AsyncStream<Target>.makeStream().continuation
        let storage = try #require(Mirror(reflecting: continuation).descendant("storage") as AnyObject?)
        let layout = try #require(layouts.layout(of: storage, size: 112))
        #expect(layout.isExact && layout.kind(at: 104) == .conservative)
    }

    @Test("A word between the declared fields has no name") func betweenFields() {
        let word = BlockLayout.Field(offset: 16, kind: .conservative, name: "")
        #expect(BlockLayout(fields: [word]).name(at: 16) == nil)
    }

    @Test("A type from C is words or numbers, never a reference") func foreign() {
        #expect(!layouts.fields(of: Foreign()).contains { $0.hasSuffix("strong") })
    }
}

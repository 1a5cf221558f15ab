import CMemscope
import Foundation
import Glibc
import Synchronization
import Testing
import Tracking

private final class Account { var balance = 1 }
private class Base<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}
private final class Derived: Base<[String: Int]> {}
private final class Buffer: ManagedBuffer<Int, UInt64> {}
private final class Resilient: NSObject { var value = 5 }
private actor Counter { var count = 0 }
private struct Failure: Error { var code = 1, text = "what went wrong" }
private enum Wide: Error { case far(String, Int, Int) }
private indirect enum Tree { case leaf(Int), node(Tree, Tree) }
// Kept in types of their own: a closure changes its form when it is passed as a generic value.
private struct Closure { var call: () -> Int }
// As a generic value an error would be opened.
private struct AnyFailure { var error: any Error }

@Suite("Type reader") struct TypeReaderTests {
    private let store = MetadataStore()

    // The size bounds instances from above, so a generous one does for all samples.
    private func type(at address: UInt64, size: UInt64 = 256) -> BlockType {
        store.classify([Block(address: address, size: size)]) { _ in "C" }[0]
    }

    private func type(of object: AnyObject) -> BlockType {
        type(at: unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())))
    }

    private func type(of closure: Closure) -> BlockType {
        type(at: unsafe UInt64(unsafeBitCast(closure, to: (UInt, UInt).self).1))
    }

    @Test("It can read types here, and says so") func available() {
        #expect(store.typesUnavailableReason == nil)
    }

    @Test("Objects of classes have the names of their classes with generic arguments") func classes() {
        #expect(type(of: Account()) == BlockType(name: "TrackingTests.Account", kind: .class))
        #expect(type(of: Base(5)).name == "TrackingTests.Base<Int>")
        #expect(type(of: Base(["a": 1])).name == "TrackingTests.Base<Dictionary<String, Int>>")
        #expect(
            type(of: Base([Base(Account())])).name
                == "TrackingTests.Base<Array<TrackingTests.Base<TrackingTests.Account>>>"
        )
        #expect(type(of: Derived([:])).name == "TrackingTests.Derived")
        #expect(type(of: Counter()).name == "TrackingTests.Counter")
    }

    @Test("Subclasses of ManagedBuffer and of Foundation's classes are classes") func foreignSuperclasses() {
        let buffer = Buffer.create(minimumCapacity: 100) { _ in 1 }
        #expect(type(of: buffer) == BlockType(name: "TrackingTests.Buffer", kind: .class))
        #expect(type(of: Resilient()) == BlockType(name: "TrackingTests.Resilient", kind: .class))
        #expect(type(of: NSLock()) == BlockType(name: "Foundation.NSLock", kind: .class))
    }

    @Test("Storage of collections and strings is named as the collection") func storage() {
        let numbers = Array(repeating: 7, count: 20 + Int(getpid() & 1))
        #expect(
            type(at: unsafe UInt64(unsafeBitCast(numbers, to: UInt.self)))
                == BlockType(name: "Array<Int>", kind: .array)
        )
        let objects = [Account(), Account()]
        // The runtime keeps arrays of any class in one kind of storage.
        #expect(type(at: unsafe UInt64(unsafeBitCast(objects, to: UInt.self))).name == "Array<AnyObject>")
        let dictionary = ["a": [1.5]]
        #expect(
            type(at: unsafe UInt64(unsafeBitCast(dictionary, to: UInt.self)))
                == BlockType(name: "Dictionary<String, Array<Double>>", kind: .dictionary)
        )
        let set: Set<Int32> = [1, 2]
        #expect(type(at: unsafe UInt64(unsafeBitCast(set, to: UInt.self))) == BlockType(name: "Set<Int32>", kind: .set))
        let text = String(repeating: "text", count: 10)
        let object = unsafe unsafeBitCast(text, to: (UInt64, UInt64).self).1 & 0x0FFF_FFFF_FFFF_FFFF
        #expect(type(at: object) == BlockType(name: "String", kind: .string))
        withExtendedLifetime((numbers, objects, dictionary, set, text)) {}
    }

    @Test("A closure context lists what it captured") func closure() {
        let number = Int(getpid())
        let account = Account()
        let closure = Closure { number + account.balance }
        #expect(type(of: closure) == BlockType(name: "closure context (Int, TrackingTests.Account)", kind: .closure))
        var first = number
        var second = number
        let sharing = Closure {
            first += 1
            second += first
            return second
        }
        #expect(type(of: sharing) == BlockType(name: "closure context (var Int, var Int)", kind: .closure))
    }

    @Test("A captured variable is a box, and only called one where that is sure") func box() {
        var account = Account()
        let sure = Closure {
            account = Account()
            return account.balance
        }
        #expect(type(of: sure) == BlockType(name: "box (TrackingTests.Account)", kind: .box))
        var number = Int(getpid())
        let likely = Closure {
            number += 1
            return number
        }
        #expect(type(of: likely) == BlockType(name: "box or closure context (Int)", kind: .box))
    }

    @Test("Boxes of errors name the error") func errors() {
        let errors = [AnyFailure(error: Failure()), AnyFailure(error: Wide.far("a", 1, 2))]
        let types = errors.map { type(at: unsafe UInt64(unsafeBitCast($0, to: UInt.self))) }
        #expect(
            types == [
                BlockType(name: "error box (TrackingTests.Failure)", kind: .error),
                BlockType(name: "error box (TrackingTests.Wide)", kind: .error),
            ]
        )
    }

    @Test("Payloads of indirect enums are boxes") func indirect() {
        let tree = Tree.node(.leaf(Int(getpid())), .leaf(2))
        let word = unsafe unsafeBitCast(tree, to: UInt64.self) & 0x0FFF_FFFF_FFFF_FFF8
        #expect(type(at: word).kind == .box)
        withExtendedLifetime(tree) {}
    }

    @Test("A task is a task") func task() async {
        let task = Task { try? await Task.sleep(for: .seconds(60)) }
        #expect(type(of: unsafe unsafeBitCast(task, to: AnyObject.self)) == BlockType(name: "Task", kind: .task))
        task.cancel()
        _ = await task.value
    }

    @Test("A block too small for an instance of its first word's class is C") func tooSmall() {
        let object = Account()
        let address = unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
        #expect(type(at: address, size: 16) == BlockType(name: "C", kind: .c))
        #expect(type(at: address, size: 24).kind == .class)
        withExtendedLifetime(object) {}
    }

    @Test("C blocks have the module of their site, which is asked for once") func modules() {
        let memory = unsafe (0..<6).map { _ in unsafe calloc(1, 64)! }
        defer { unsafe memory.forEach { unsafe free($0) } }
        let blocks = unsafe memory.enumerated().map { index, memory in
            Block(address: UInt64(UInt(bitPattern: memory)), size: 64, site: UInt32(index % 2))
        }
        let asked = Mutex<[UInt32]>([])
        let types = store.classify(blocks) { site in
            asked.withLock { $0.append(site) }
            return "module\(site)"
        }
        #expect(asked.withLock { $0.sorted() } == [0, 1])
        for (index, block) in blocks.enumerated() {
            #expect(types[index] == BlockType(name: "module\(block.site)", kind: .c))
        }
    }

    @Test("Thousands of blocks in any order keep their own types") func many() {
        var objects: [AnyObject] = []
        for index in 0..<20_000 {
            objects.append(index % 3 == 0 ? Account() : index % 3 == 1 ? Base(index) : Base("\(index)"))
        }
        let names = ["TrackingTests.Account", "TrackingTests.Base<Int>", "TrackingTests.Base<String>"]
        var order = Array(objects.indices)
        var generator = SplitMix(state: 1)
        order.shuffle(using: &generator)
        let blocks = order.map { index in
            let address = unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(objects[index]).toOpaque()))
            return Block(address: address, size: 64)
        }
        let types = store.classify(blocks) { _ in "C" }
        #expect(zip(order, types.indices).allSatisfy { types.types[Int($1)].name == names[$0 % 3] })
        #expect(types.types.count == 3)
        withExtendedLifetime(objects) {}
    }

    @Test("No blocks have no types") func none() {
        let types = store.classify([]) { _ in "C" }
        #expect(types.indices.isEmpty)
        #expect(types.types.isEmpty)
    }
}

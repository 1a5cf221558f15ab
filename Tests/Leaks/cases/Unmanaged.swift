// Counts raised and never lowered, memory allocated and never freed, Swift and C holding each other.
import Glibc

let unmanagedCases: [(name: String, run: () -> Void)] = [
    ("lost-retain", LostRetain.run), ("lost-retain-tree", LostRetainTree.run), ("extra-retain", ExtraRetain.run),
    ("malloc-without-free", MallocWithoutFree.run), ("malloc-chain", MallocChain.run), ("c-ring", CRing.run),
    ("c-struct-holds-object", CStructHoldsObject.run), ("object-holds-c-block", ObjectHoldsCBlock.run),
    ("lost-pointer-to-objects", LostPointerToObjects.run), ("not-deinitialized", NotDeinitialized.run),
    ("lost-duplicate", LostDuplicate.run), ("object-c-object-cycle", ObjectCObject.run),
    ("lost-managed-buffer", LostManagedBuffer.run),
    ("clean-c-block-held-by-swift", HeldBySwift.run), ("clean-object-held-by-c", HeldByC.run),
    ("clean-unmanaged", CleanUnmanaged.run), ("clean-interior-pointer", InteriorPointer.run),
]

enum LostRetain {
    final class Thing { var size = (1, 2, 3) }

    @inline(never) static func run() {
        for _ in 0..<3 { cases_show(Unmanaged.passRetained(Thing()).toOpaque()) }
    }
}

/// What the lost object holds is lost with it, indirectly.
enum LostRetainTree {
    final class Root { var leaves = [Leaf(), Leaf()] }
    final class Leaf { var weight = 1 }

    @inline(never) static func run() {
        cases_show(Unmanaged.passRetained(Root()).toOpaque())
    }
}

enum ExtraRetain {
    final class Counted { var number = 1 }

    @inline(never) static func run() {
        let counted = Counted()
        _ = Unmanaged.passUnretained(counted).retain()
        show(counted.number)
    }
}

enum MallocWithoutFree {
    @inline(never) static func run() {
        for size in [24, 100, 5000] { cases_show(malloc(size)) }
    }
}

enum MallocChain {
    @inline(never) static func run() {
        var head: UnsafeMutablePointer<cases_node>?
        for _ in 0..<10 { head = cases_node_new(head, nil) }
        cases_show(head)
    }
}

enum CRing {
    @inline(never) static func run() {
        let first = cases_node_new(nil, nil)
        first.pointee.next = cases_node_new(cases_node_new(first, nil), nil)
        cases_show(first)
    }
}

/// The C node was lost; it had taken over the object.
enum CStructHoldsObject {
    final class Payload { var bytes = (1, 2) }

    @inline(never) static func run() {
        cases_show(cases_node_new(nil, Unmanaged.passRetained(Payload()).toOpaque()))
    }
}

enum ObjectHoldsCBlock {
    final class File {
        let buffer = malloc(512)
        deinit { free(buffer) }
    }

    @inline(never) static func run() {
        cases_show(Unmanaged.passRetained(File()).toOpaque())
    }
}

enum LostPointerToObjects {
    final class Item { var number = 1 }

    @inline(never) static func run() {
        let items = UnsafeMutablePointer<Item>.allocate(capacity: 2)
        items.initialize(to: Item())
        (items + 1).initialize(to: Item())
        cases_show(items)
    }
}

enum NotDeinitialized {
    final class Item { var number = 1 }

    @inline(never) static func run() {
        let items = UnsafeMutablePointer<Item>.allocate(capacity: 2)
        items.initialize(to: Item())
        (items + 1).initialize(to: Item())
        cases_show(items)
        items.deallocate()
    }
}

enum LostDuplicate {
    @inline(never) static func run() {
        cases_show(strdup("a copy that nobody wants"))
    }
}

/// A cycle that passes through memory of C: the way C libraries keep a user's object.
enum ObjectCObject {
    final class Session {
        var handle: UnsafeMutablePointer<cases_node>?
        var number = 5
    }

    @inline(never) static func run() {
        let session = Session()
        session.handle = cases_node_new(nil, Unmanaged.passRetained(session).toOpaque())
        cases_show(session.handle)
    }
}

enum LostManagedBuffer {
    final class Item { var number = 1 }

    @inline(never) static func run() {
        let buffer = ManagedBuffer<Int, Item>.create(minimumCapacity: 2) { _ in 2 }
        buffer.withUnsafeMutablePointerToElements {
            $0.initialize(to: Item())
            ($0 + 1).initialize(to: Item())
        }
        cases_show(Unmanaged.passRetained(buffer).toOpaque())
    }
}

enum HeldBySwift {
    final class Image {
        let pixels = malloc(4096)
        let rows = UnsafeMutablePointer<Int32>.allocate(capacity: 64)
    }
    nonisolated(unsafe) static var current: Image?

    @inline(never) static func run() {
        current = Image()
        show(current)
    }
}

enum HeldByC {
    final class Context { var name = String(repeating: "context ", count: 8) }
    nonisolated(unsafe) static var registered: UnsafeMutablePointer<cases_node>?

    @inline(never) static func run() {
        let inner = cases_node_new(nil, Unmanaged.passRetained(Context()).toOpaque())
        registered = cases_node_new(inner, nil)
        cases_show(registered)
    }
}

enum CleanUnmanaged {
    final class Counted { var number = 1 }

    @inline(never) static func run() {
        let counted = Unmanaged.passRetained(Counted())
        counted.takeUnretainedValue().number += 1
        cases_show(counted.toOpaque())
        counted.release()
        let text = strdup("for a moment")
        cases_show(text)
        free(text)
        let numbers = UnsafeMutableBufferPointer<Int>.allocate(capacity: 100)
        numbers.initialize(repeating: 1)
        cases_show(numbers.baseAddress)
        numbers.deallocate()
    }
}

/// All that is left of a block is a pointer into its middle.
enum InteriorPointer {
    nonisolated(unsafe) static var cursor: UnsafeMutableRawPointer?

    @inline(never) static func run() {
        cursor = malloc(1000)! + 600
        cases_show(cursor)
    }
}

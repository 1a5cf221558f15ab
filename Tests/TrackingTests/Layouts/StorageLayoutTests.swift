import Glibc
import Testing
import Tracking

private final class Target: Sendable { let value = Int(getpid()) }
private struct Failure: Error { let code = 1, cause = Target() }
private struct Pair {
    var number = 1
    var target: Target
}
// Kept in types of their own: a closure changes its form when it is passed as a generic value.
private struct Closure { var call: () -> Int }
private struct AnyFailure { var error: any Error }
private indirect enum Tree { case leaf(Target), node(Tree, Tree) }

@Suite("Layouts of storage, closures and boxes") struct StorageLayoutTests {
    private let layouts = Layouts()
    private let target = Target()

    private func address(of array: [some Any]) -> UInt64 { unsafe UInt64(unsafeBitCast(array, to: UInt.self)) }

    private func context(_ closure: Closure) -> UInt64 {
        unsafe UInt64(unsafeBitCast(closure, to: (UInt, UInt).self).1)
    }

    @Test("Elements of arrays have an index, and the names of their fields") func arrays() throws {
        let numbers = Array(repeating: 7, count: 20 + Int(getpid() & 1))
        let plain = try #require(layouts.layout(at: address(of: numbers), size: 512))
        #expect((0..<64).allSatisfy { plain.kind(at: $0 * 8) == .ignored })
        let objects = [target, target]
        let strong = try #require(layouts.layout(at: address(of: objects), size: 64))
        #expect([16, 24, 32, 40].map { strong.kind(at: $0) } == [.ignored, .ignored, .strong, .strong])
        #expect(strong.name(at: 40) == "[1]")
        let pairs = [Pair(target: target), Pair(target: target)]
        let fields = try #require(layouts.layout(at: address(of: pairs), size: 64))
        #expect([32, 40, 48, 56].map { fields.kind(at: $0) } == [.ignored, .strong, .ignored, .strong])
        #expect(fields.name(at: 56) == "[1].target")
        withExtendedLifetime((numbers, objects, pairs)) {}
    }

    @Test("Keys and values of dictionaries are told apart", arguments: [1, 40, 300]) func dictionaries(
        count: Int
    ) throws {
        let texts = (0..<count).map { "a key that is no small string \($0)" }
        let dictionary = Dictionary(uniqueKeysWithValues: texts.map { ($0, target) })
        let address = unsafe UInt64(unsafeBitCast(dictionary, to: UInt.self))
        let size = size(ofTableAt: address, header: 64, stride: 24)
        let layout = try #require(layouts.layout(at: address, size: size))
        let buckets: UInt64 = 1 << (Layouts.word(address + 32) & 0xFF)
        let keys = 64 + 8 * max(1, buckets / 64)
        let values = keys + 16 * buckets
        let objects = Set(texts.map(stringObject))
        // Buckets not in use may hold what was in that memory before.
        let used = (0..<buckets).filter { Layouts.word(address + 64 + $0 / 64 * 8) >> ($0 % 64) & 1 == 1 }
        #expect(used.count == count)
        for bucket in used {
            let (key, value) = (keys + 16 * bucket + 8, values + 8 * bucket)
            #expect(objects.contains(Layouts.word(address + key) & 0x0FFF_FFFF_FFFF_FFFF))
            #expect(Layouts.word(address + value) == Layouts.address(target))
            #expect([key, value].map { layout.kind(at: $0) } == [.strong, .strong])
            #expect([key, value].map { layout.name(at: $0) } == ["keys[\(bucket)]", "values[\(bucket)]"])
        }
        withExtendedLifetime((dictionary, texts)) {}
    }

    /// Header, a bit per bucket in whole words, then the elements.
    private func size(ofTableAt address: UInt64, header: UInt64, stride: UInt64) -> UInt64 {
        let buckets: UInt64 = 1 << (Layouts.word(address + 32) & 0xFF)
        return header + 8 * max(1, buckets / 64) + buckets * stride
    }

    private func stringObject(_ text: String) -> UInt64 {
        unsafe unsafeBitCast(text, to: (UInt64, UInt64).self).1 & 0x0FFF_FFFF_FFFF_FFFF
    }

    @Test("Elements of sets are found", arguments: [1, 200]) func sets(count: Int) throws {
        let texts = (0..<count).map { "an element that is no small string \($0)" }
        let set = Set(texts)
        let address = unsafe UInt64(unsafeBitCast(set, to: UInt.self))
        let size = size(ofTableAt: address, header: 56, stride: 16)
        let layout = try #require(layouts.layout(at: address, size: size))
        let objects = Set(texts.map(stringObject))
        let found = stride(from: UInt64(56), to: size - 7, by: 8).filter { offset in
            layout.kind(at: offset) == .strong
                && objects.contains(Layouts.word(address + offset) & 0x0FFF_FFFF_FFFF_FFFF)
        }
        // Memory that was not written to yet may hold more of the same.
        #expect(Set(found.map { Layouts.word(address + $0) }).count == count)
        withExtendedLifetime((set, texts)) {}
    }

    @Test("Captures are strong, weak or numbers") func closures() throws {
        let number = Int(getpid())
        let object = target
        let closure = Closure { number + object.value }
        let layout = try #require(layouts.layout(at: context(closure), size: 32))
        #expect(Layouts.describe(layout.fields) == ["capture 1 strong"])
        #expect(Layouts.word(context(closure) + layout.fields[0].offset) == Layouts.address(target))
        let sparing = Closure { [unowned object, unowned(unsafe) other = object] in unsafe object.value + other.value }
        let spared = try #require(layouts.layout(at: context(sparing), size: 32))
        #expect(Layouts.describe(spared.fields) == ["capture 0 unowned", "capture 1 unmanaged"])
        withExtendedLifetime((closure, sparing)) {}
    }

    @Test("A variable shared with a closure is in a box, a weak one too") func boxes() throws {
        var latest = target
        let sharing = Closure {
            latest = Target()
            return latest.value
        }
        let box = try #require(layouts.layout(at: context(sharing), size: 24))
        #expect(Layouts.describe(box.fields) == ["value strong"])
        weak var distant = target
        var count = 0
        let weakly = Closure {
            count += distant?.value ?? 0
            distant = latest
            return count
        }
        let outer = try #require(layouts.layout(at: context(weakly), size: 32))
        #expect(Layouts.describe(outer.fields) == ["capture 0 strong", "capture 1 strong", "capture 2 strong"])
        let inner = outer.fields.map { Layouts.word(context(weakly) + $0.offset) }
        let kinds = inner.map { Layouts.describe(layouts.layout(at: $0, size: 24)?.fields) }
        #expect(kinds.contains(["value weak"]))
        #expect(kinds.contains([]))
        withExtendedLifetime((sharing, weakly, latest, count)) {}
    }

    @Test("An error's fields lie behind its type") func errors() throws {
        let failure = AnyFailure(error: Failure())
        let address = unsafe UInt64(unsafeBitCast(failure, to: UInt.self))
        let layout = try #require(layouts.layout(at: address, size: 48))
        #expect(Layouts.describe(layout.fields) == ["error.cause strong"])
        #expect(layouts.layout(at: Layouts.word(address + layout.fields[0].offset), size: 24)?.fields == [])
        withExtendedLifetime(failure) {}
    }

    @Test("A payload of an indirect enum is in a box") func indirect() throws {
        let tree = Tree.node(.leaf(target), .leaf(target))
        let word = unsafe unsafeBitCast(tree, to: UInt64.self) & 0x0FFF_FFFF_FFFF_FFF8
        let layout = try #require(layouts.layout(at: word, size: 32))
        #expect(layout.kind(at: 16) == .strong && layout.kind(at: 24) == .strong)
        withExtendedLifetime(tree) {}
    }
}

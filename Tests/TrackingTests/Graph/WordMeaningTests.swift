import Testing
import Tracking

private class Target { var value = 1 }
private final class Special: Target {}
private final class Key: Hashable {
    static func == (one: Key, other: Key) -> Bool { one === other }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
private final class Stranger { var value = 2 }
private protocol Valued {}
private struct Pair: Valued { var one: Target, other: Target }
private struct Large: Valued { var one: Target, other: Target, numbers = (1, 2) }
private enum State { case idle, running(Target, Target), waiting(Int) }

private struct RingHeader { var capacity: Int, count: Int, startSlot: Int }
private final class Ring: ManagedBuffer<RingHeader, Target> {}

private final class Holder {
    var target: Target?
    var value: Any = 0
    var state = State.idle
    var text = ""
}

/// What words are by what stands beside them: of a live object, with an edge at each word to a live target.
@Suite("Meaning of words") struct WordMeaningTests {
    private let store = MetadataStore()
    private let target = Target()
    private let holder = Holder()

    /// Where the holder keeps a field, in bytes.
    private static let offsets = (target: UInt64(16), value: UInt64(24), state: UInt64(56))

    private func node(_ address: UInt64, _ size: UInt64, firstEdge: Int) -> HeapNode {
        HeapNode(
            address: address,
            size: size,
            word0: Layouts.word(address),
            word1: Layouts.word(address + 8),
            firstEdge: UInt32(firstEdge)
        )
    }

    /// A graph of two blocks, and edges of the first to the second.
    private func graph(from holder: (UInt64, UInt64), at offsets: [UInt64], to target: (UInt64, UInt64)) -> HeapGraph {
        let edges = offsets.map { HeapEdge(to: 1, offset: $0) }
        let nodes = [
            node(holder.0, holder.1, firstEdge: 0), node(target.0, target.1, firstEdge: edges.count),
            HeapNode(firstEdge: UInt32(edges.count)),
        ]
        let scan = HeapScan(nodes: OwnBuffer(nodes)!, edges: OwnBuffer(edges)!, roots: OwnBuffer([])!)
        return store.graph(of: scan) { _ in "C" }
    }

    /// The kinds of the holder's words, if all point to an object.
    private func kinds(at offsets: [UInt64], to target: AnyObject) -> [EdgeKind] {
        let graph = graph(from: (Layouts.address(holder), 88), at: offsets, to: (Layouts.address(target), 24))
        return graph.edges(of: 0).map { graph.edges[$0].kind }
    }

    private var value: [UInt64] { (0..<3).map { Self.offsets.value + 8 * $0 } }
    private var state: [UInt64] { (0..<2).map { Self.offsets.state + 8 * $0 } }

    @Test("A reference leads to its class or a subclass; what leads elsewhere is refused and counted") func classes() {
        let other = [Target(), Special(), Stranger()] as [AnyObject]
        #expect(other.map { kinds(at: [Self.offsets.target], to: $0) } == [[.strong], [.strong], [.unmanaged]])
        let graph = graph(
            from: (Layouts.address(holder), 88),
            at: [Self.offsets.target],
            to: (Layouts.address(other[2]), 24)
        )
        #expect(graph.circumstances.refusedReferences == 1)
    }

    @Test("Behind a protocol the type says which of three words are references") func existentials() {
        holder.value = 7
        #expect(kinds(at: value, to: target) == [.ignored, .ignored, .ignored])
        holder.value = target
        #expect(kinds(at: value, to: target) == [.strong, .ignored, .ignored])
        holder.value = Pair(one: target, other: target)
        #expect(kinds(at: value, to: target) == [.strong, .strong, .ignored])
        holder.value = Large(one: target, other: target)
        #expect(kinds(at: value, to: target) == [.strong, .ignored, .ignored])
        holder.value = (target, 3, target)
        #expect(kinds(at: value, to: target) == [.strong, .ignored, .strong])
    }

    @Test("The case of an enum says which of its words are references") func enums() {
        holder.state = .running(target, target)
        #expect(kinds(at: state, to: target) == [.strong, .strong])
        holder.state = .waiting(4)
        #expect(kinds(at: state, to: target) == [.ignored, .ignored])
        holder.state = .idle
        #expect(kinds(at: state, to: target) == [.ignored, .ignored])
    }

    @Test("No byte of a string is a reference, but to the index of its characters") func strings() {
        let text = String(repeating: "äöü", count: 40)
        let storage = unsafe UInt64(unsafeBitCast(text, to: (UInt, UInt).self).1) & 0x0FFF_FFFF_FFFF_FFFF
        let offsets = (2..<40).map { UInt64($0) * 8 }
        let graph = graph(from: (storage, 320), at: offsets, to: (Layouts.address(target), 24))
        #expect(graph.edges(of: 0).allSatisfy { graph.edges[$0].kind != .strong })
        withExtendedLifetime(text) {}
    }

    @Test("Bits of a set's map behind the last bucket say nothing") func sets() {
        let set: Set<Key> = [Key(), Key()]
        let storage = unsafe UInt64(unsafeBitCast(set, to: UInt.self))
        // Four buckets behind the map, and a word behind them.
        let offsets = (0..<5).map { UInt64(64 + 8 * $0) }
        let graph = graph(from: (storage, 96), at: offsets, to: (Layouts.address(set.first!), 16))
        let kinds = graph.edges(of: 0).map { graph.edges[$0].kind }
        #expect(kinds.count { $0 == .strong } == 2)
        #expect(kinds.last == .ignored)
        withExtendedLifetime(set) {}
    }

    @Test("Elements of a ring are where its header says") func rings() {
        let ring = Ring.create(minimumCapacity: 5) { _ in RingHeader(capacity: 5, count: 3, startSlot: 3) }
        let storage = Layouts.address(ring)
        // Five elements behind the header, and a word behind them.
        let offsets = (0..<6).map { UInt64(40 + 8 * $0) }
        let graph = graph(from: (storage, 96), at: offsets, to: (Layouts.address(target), 24))
        let kinds = graph.edges(of: 0).map { graph.edges[$0].kind }
        #expect(kinds == [.strong, .ignored, .ignored, .strong, .strong, .ignored])
        withExtendedLifetime(ring) {}
    }

    @Test("What a block captured and retains is strong, and leads to what is counted") func blocks() {
        let target = target
        let block: @convention(block) () -> Int = { target.value }
        let address = unsafe UInt64(unsafeBitCast(block, to: UInt.self))
        let literal = graph(from: (address, 48), at: [40], to: (Layouts.address(target), 24))
        #expect(literal.type(of: 0) == BlockType(name: "block", kind: .block))
        #expect(literal.edges(of: 0).map { literal.edges[$0].kind } == [.strong])
        let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
        unsafe memory.initialize(repeating: 0, count: 4)
        defer { unsafe memory.deallocate() }
        let words = graph(from: (address, 48), at: [40], to: (UInt64(UInt(bitPattern: memory)), 32))
        #expect(words.edges(of: 0).map { words.edges[$0].kind } == [.unmanaged])
        #expect(words.circumstances.refusedReferences == 0)
        withExtendedLifetime(block) {}
    }
}

import MemscopeAnalysis
import Tracking

/// Reproducible randomness: a failing seed is printed by the parameterised test.
///
/// - SeeAlso: G. Steele, D. Lea, C. Flood, *Fast Splittable Pseudorandom Number
///   Generators*, OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Type names as programs have them, two kinds of one name among them.
let someTypes = [
    BlockType(name: "Demo.Account", kind: .class), BlockType(name: "_ContiguousArrayStorage<Int>", kind: .array),
    BlockType(name: "Demo.Account", kind: .box), BlockType(name: "libc.so.6", kind: .c),
    BlockType(name: "Größe<π>", kind: .closure), BlockType(name: "", kind: .unknown),
]

func randomBlocks(_ count: Int, using random: inout SplitMix) -> (blocks: [Block], types: [UInt32]) {
    let blocks = (0..<count).map { index in
        // As in `sampled` mode, where a block stands for as many everywhere; site 0 has no stack.
        let (site, weight) = (UInt32.random(in: 0...9, using: &random), UInt64.random(in: 1...3, using: &random))
        return Block(
            address: UInt64(index) * 16,
            size: .random(in: 0...4096, using: &random),
            site: site,
            weight: weight,
            siteWeight: site == 0 ? 0 : weight
        )
    }
    return (blocks, blocks.map { _ in .random(in: 0..<UInt32(someTypes.count), using: &random) })
}

func randomSnapshot(using random: inout SplitMix, blocks: ClosedRange<Int> = 0...200) -> HeapSnapshot {
    let (blocks, types) = randomBlocks(.random(in: blocks, using: &random), using: &random)
    var tally = HeapTally()
    tally.add(blocks, types: types)
    return HeapSnapshot(tally, types: someTypes, takenAt: .random(in: 1...1000, using: &random))
}

/// A small random generator with a seed, so that two runs put the same load on the shop.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// A random index below `count`; small ones are more likely, because visitors prefer a few products.
    mutating func popularIndex(below count: Int) -> Int {
        let share = Double.random(in: 0..<1, using: &self)
        return Int(share * share * share * Double(count))
    }
}

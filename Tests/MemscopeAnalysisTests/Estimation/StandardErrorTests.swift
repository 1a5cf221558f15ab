import Glibc
import MemscopeAnalysis
import Testing

@Suite("Standard error of sampled figures") struct StandardErrorTests {
    private let interval = 4096.0

    /// Samples blocks as the capture core does: by Poisson distance, weights rounded at
    /// random so that their mean is 1/p.
    private func sample(_ sizes: [UInt64], using random: inout SplitMix) -> (bytes: Double, error: StandardError) {
        var error = StandardError.none
        var bytes = 0.0
        for size in sizes {
            let probability = 1 - exp(-Double(size) / interval)
            guard Double.random(in: 0..<1, using: &random) < probability else { continue }
            let exact = 1 / probability
            let weight = UInt64(exact + Double.random(in: 0..<1, using: &random))
            error.add(size: size, weight: weight)
            bytes += Double(size) * Double(weight)
        }
        return (bytes, error)
    }

    @Test("It is the spread of repeated estimates, and the bound holds", arguments: [64...64, 16...2048, 1000...60000])
    func spread(sizes: ClosedRange<UInt64>) {
        var random = SplitMix(seed: 42)
        let blocks = (0..<2000).map { _ in UInt64.random(in: sizes, using: &random) }
        let total = Double(blocks.reduce(0, +))
        var squaredDeviation = 0.0
        var estimatedVariance = 0.0
        var sum = 0.0
        let rounds = 400
        for _ in 0..<rounds {
            let (bytes, error) = sample(blocks, using: &random)
            squaredDeviation += (bytes - total) * (bytes - total)
            estimatedVariance += error.bytes * error.bytes
            sum += bytes
        }
        let spread = (squaredDeviation / Double(rounds)).squareRoot()
        let estimate = (estimatedVariance / Double(rounds)).squareRoot()
        // A standard deviation out of 400 rounds is known to 1/sqrt(800) = 3.5 %: allow four of those.
        #expect(abs(estimate / spread - 1) < 0.14)
        // The mean of 400 estimates: four of its own standard errors.
        #expect(abs(sum / Double(rounds) - total) < 4 * spread / 20)
        #expect(estimate <= StandardError.bound(ofBytes: UInt64(total), interval: UInt64(interval)))
    }

    @Test("A block that stands for itself adds nothing")
    func measured() {
        var error = StandardError.none
        error.add(size: 100, weight: 1)
        error.add(size: 100, weight: 0)
        #expect(error == .none)
        #expect(error.bytes == 0 && error.blocks == 0)
    }
}

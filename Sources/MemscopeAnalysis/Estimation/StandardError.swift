/// The uncertainty of estimates from sampled blocks: one standard deviation of the estimate, for bytes and for blocks.
///
/// Sampling is a Poisson process over allocated bytes with mean distance `R`: a block of
/// `s` bytes is sampled with probability `p = 1 - exp(-s/R)`, independently of all others,
/// and then stands for `w = 1/p` blocks. The estimate of a total is the sum of `w*s`
/// (or of `w`) over the sampled blocks, and
///
///     variance of the bytes  = sum over all blocks of     s^2 (1 - p) / p
///     estimated from samples = sum over sampled blocks of s^2 w (w - 1)
///
/// Where `w` is rounded at random to one of its two neighbouring integers, so that the
/// weights stay unbiased, the second sum still has exactly the variance of the rounded
/// estimate as its expectation, because E[w^2 - w] over "sampled and rounded" is
/// p E[w^2] - 1.
///
/// - SeeAlso: D. G. Horvitz, D. J. Thompson, *A Generalization of Sampling Without
///   Replacement From a Finite Universe*, JASA 47 (260), 1952,
///   doi:10.1080/01621459.1952.10483446; for independent inclusion (Poisson sampling)
///   its joint probabilities are products and the covariances vanish.
package struct StandardError: Sendable, Hashable {
    private var bytesVariance: Double
    private var blocksVariance: Double

    /// The standard error when nothing was estimated.
    package static let none = StandardError(bytesVariance: 0, blocksVariance: 0)

    /// One standard deviation of the estimated bytes.
    package var bytes: Double { bytesVariance.squareRoot() }
    /// One standard deviation of the estimated number of blocks.
    package var blocks: Double { blocksVariance.squareRoot() }

    /// Adds one sampled block of `size` bytes that stands for `weight` blocks.
    package mutating func add(size: UInt64, weight: UInt64) {
        guard weight > 1 else { return }
        let variance = Double(weight) * Double(weight - 1)
        blocksVariance += variance
        bytesVariance += variance * Double(size) * Double(size)
    }

    /// A bound that needs no samples: one standard deviation of an estimated total of
    /// bytes is at most `sqrt(R * total)`, since `s^2 (1 - p) / p <= s R` for every size.
    ///
    /// - Parameters:
    ///   - total: The estimated total, in bytes.
    ///   - interval: `R`, in bytes.
    /// - Returns: Bytes.
    package static func bound(ofBytes total: UInt64, interval: UInt64) -> Double {
        (Double(total) * Double(interval)).squareRoot()
    }
}

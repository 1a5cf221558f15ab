/// The Mann-Kendall test: whether values rise more often than by chance.
///
/// It only compares which of two values is larger, so neither the form of the rise nor a few outliers matter. It
/// assumes that the values are independent of one another. Values of a heap depend on earlier values, so the figure is
/// a score rather than a probability when points are close together.
///
/// - SeeAlso: H. Mann, *Nonparametric Tests Against Trend*, Econometrica 13 (1945); M. Kendall, *Rank Correlation
///   Methods* (1975); variance with ties and correction for continuity as in R. Gilbert, *Statistical Methods for
///   Environmental Pollution Monitoring* (1987), section 16.4.
package struct MannKendall: Sendable, Hashable {
    /// The number of pairs that rise minus the number of pairs that fall.
    package let score: Int
    package let variance: Double

    /// - Complexity: O(n²).
    package init(_ values: [UInt64]) {
        var score = 0
        for later in values.indices {
            for earlier in 0..<later {
                score += values[later] > values[earlier] ? 1 : values[later] < values[earlier] ? -1 : 0
            }
        }
        var ties: [UInt64: Int] = [:]
        for value in values { ties[value, default: 0] += 1 }
        func term(_ count: Int) -> Int { count * (count - 1) * (2 * count + 5) }
        self.score = score
        variance = Double(term(values.count) - ties.values.reduce(0) { $0 + term($1) }) / 18
    }

    /// The distance of the score from 0, in standard deviations.
    package var deviation: Double {
        guard score != 0, variance > 0 else { return 0 }
        return Double(score - score.signum()) / variance.squareRoot()
    }

    /// The probability of at least this deviation when there is no trend: small when the values rise.
    package var pRising: Double { normalTail(deviation) }
}

/// The probability that a standard normal variable is greater than `value`.
///
/// The error is below 10⁻⁹: Simpson's rule is used up to 9; the part beyond is below 10⁻¹⁸.
package func normalTail(_ value: Double) -> Double {
    if value < 0 { return 1 - normalTail(-value) }
    if value >= 9 { return 0 }
    let steps = 400
    let width = (9 - value) / Double(steps)
    var sum = 0.0
    for index in 0...steps {
        let at = value + Double(index) * width
        sum += exponential(-at * at / 2) * (index == 0 || index == steps ? 1 : index % 2 == 0 ? 2 : 4)
    }
    return sum * width / 3 / (2 * Double.pi).squareRoot()
}

/// e to the power of a number that is not positive; the standard library has no such function without C.
private func exponential(_ power: Double) -> Double {
    var halvings = 0
    var part = power
    while part < -0.5 {
        part /= 2
        halvings += 1
    }
    var term = 1.0
    var sum = 1.0
    for index in 1...16 {
        term *= part / Double(index)
        sum += term
    }
    for _ in 0..<halvings { sum *= sum }
    return sum
}

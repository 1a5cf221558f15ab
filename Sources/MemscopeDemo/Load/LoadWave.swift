import Glibc

/// How busy the shop is at a moment: a slow tide with a rush on top of it.
struct LoadWave {
    /// Mean requests per second.
    let mean: Double

    private static let tide = 40.0
    private static let rushEvery = 60.0
    private static let rushLength = 6.0
    private var owed = 0.0

    init(mean: Int) { self.mean = Double(mean) }

    /// Requests per second, `seconds` after the start.
    func rate(at seconds: Double) -> Double {
        let tide = 1 + 0.4 * sin(2 * .pi * seconds / Self.tide)
        let rush = fmod(seconds, Self.rushEvery) > Self.rushEvery - Self.rushLength ? 1.8 : 0.92
        return mean * tide * rush
    }

    /// Requests that are due after another `step` seconds; fractions are carried over.
    mutating func due(at seconds: Double, step: Double) -> Int {
        owed += rate(at: seconds) * step
        let whole = owed.rounded(.down)
        owed -= whole
        return Int(whole)
    }
}

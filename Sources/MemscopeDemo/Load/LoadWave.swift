import Glibc

/// The load on the shop over time: a slow wave, and a short rush at regular intervals.
struct LoadWave {
    /// The mean number of requests per second.
    let mean: Double

    private static let tide = 40.0
    private static let rushEvery = 60.0
    private static let rushLength = 6.0
    private var owed = 0.0

    init(mean: Int) { self.mean = Double(mean) }

    /// The number of requests per second, `seconds` after the start.
    func rate(at seconds: Double) -> Double {
        let tide = 1 + 0.4 * sin(2 * .pi * seconds / Self.tide)
        let rush = fmod(seconds, Self.rushEvery) > Self.rushEvery - Self.rushLength ? 1.8 : 0.92
        return mean * tide * rush
    }

    /// The number of requests that are due after another `step` seconds; fractions are carried over.
    mutating func due(at seconds: Double, step: Double) -> Int {
        owed += rate(at: seconds) * step
        let whole = owed.rounded(.down)
        owed -= whole
        return Int(whole)
    }
}

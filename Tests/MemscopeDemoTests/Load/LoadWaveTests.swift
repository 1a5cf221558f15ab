import Testing

@testable import MemscopeDemo

@Suite("Demo load") struct LoadWaveTests {
    @Test("Over two minutes the load comes to its mean") func mean() {
        var wave = LoadWave(mean: 100)
        let step = 0.02
        let requests = (0..<6_000).reduce(0) { $0 + wave.due(at: Double($1) * step, step: step) }
        #expect(abs(requests - 12_000) < 600)
    }

    @Test("A rush is busier than the moment before it") func rush() {
        let wave = LoadWave(mean: 100)
        #expect(wave.rate(at: 55) > 1.5 * wave.rate(at: 53))
    }
}

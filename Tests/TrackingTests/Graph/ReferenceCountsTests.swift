import Testing
import Tracking

private final class Target { var value = 1 }
private struct Weak { weak var target: Target? }
private struct Unowned { unowned var target: Target }

@Suite("Reference counts") struct ReferenceCountsTests {
    private func counts(of target: Target) -> ReferenceCounts? {
        ReferenceCounts(Layouts.word(Layouts.address(target) + 8))
    }

    @Test("Strong references count, also the first") func strong() throws {
        let target = Target()
        let before = try #require(counts(of: target)).strong
        let more = Array(repeating: target, count: 5)
        #expect(counts(of: target)?.strong == before + 5)
        #expect(counts(of: target)?.hasSideTable == false)
        withExtendedLifetime(more) {}
    }

    @Test("Unowned references count without the one of all strong ones") func unowned() {
        let target = Target()
        #expect(counts(of: target)?.unowned == 0)
        let more = Array(repeating: Unowned(target: target), count: 4)
        #expect(counts(of: target)?.unowned == 4)
        withExtendedLifetime(more) {}
    }

    @Test("Weak references are counted in the side table, with the others") func weak() throws {
        let target = Target()
        let strong = try #require(counts(of: target)).strong
        let more = (0..<3).map { _ in Weak(target: target) }
        let now = try #require(counts(of: target))
        #expect(now.weak == 3)
        #expect(now.hasSideTable)
        #expect(now.strong == strong)
        #expect(!now.isDeiniting)
        withExtendedLifetime(more) {}
    }

    @Test("Words that are no reference counts have none") func garbage() {
        #expect(ReferenceCounts(0) == nil)
        #expect(ReferenceCounts(0xC000_0000_0000_2000) == nil)
        #expect(ReferenceCounts(1 << 32 | 3)?.isDeiniting == true)
        #expect(ReferenceCounts(1 << 32 | 3)?.strong == 0)
    }
}

import MemscopeAnalysis
import Testing
import Tracking

@Suite("Memory errors in words") struct ErrorWordsTests {
    private func error(
        _ kind: MemoryError.Kind,
        size: UInt64 = 16,
        offset: Int64 = 0,
        _ change: (inout MemoryError) -> Void = { _ in }
    ) -> MemoryError {
        let target = MemoryError.Target(address: 0x1000, size: size, offset: offset)
        var error = MemoryError(id: 1, kind: kind, address: 0x1000 &+ UInt64(bitPattern: offset), target: target)
        change(&error)
        return error
    }

    @Test("The distance is counted from the nearer end of the block") func distances() {
        #expect(error(.overflow, offset: 16).title == "write 1 byte behind a block of 16 bytes")
        #expect(
            error(.overflow, size: 1, offset: 8) { $0.isRead = true }.title == "read 8 bytes behind a block of 1 byte"
        )
        #expect(error(.underflow, offset: -1).title == "write 1 byte before a block of 16 bytes")
        #expect(error(.useAfterFreeWrite, offset: 3).title == "write to freed memory: byte 3 of a block of 16 bytes")
    }

    @Test("A bad free says what was freed, and with what") func frees() {
        #expect(error(.doubleFree).title == "second free of a block of 16 bytes")
        #expect(error(.invalidFree, offset: 4) { $0.place = .interior }.title.hasSuffix("4 bytes from its start"))
        #expect(MemoryError(id: 1, kind: .invalidFree, address: 8).title == "free of an address where no block begins")
        #expect(error(.mismatchedFree) { $0.givenFamily = .newArray }.title == "delete[] of memory from malloc")
        #expect(error(.mismatchedFree) { $0.givenSize = 8 }.title == "free with size 8 of a block of 16 bytes")
        #expect(error(.doubleFree) { $0.isRealloc = true }.title.hasPrefix("second realloc"))
    }

    @Test("What cannot be known is said", arguments: MemoryError.Discovery.allCases)
    func notes(discovery: MemoryError.Discovery) {
        let error = error(.overflow, offset: 16) { $0.discovery = discovery }
        #expect((error.note == nil) == (discovery == .atOnce))
        let guessed = self.error(.useAfterFreeRead) { $0.isGuessed = true }
        #expect(guessed.note?.contains("may be another one") == true)
        let twice = self.error(.doubleFree) { $0.isGuessed = true }
        #expect(twice.note?.contains("may be an older one") == true)
    }
}

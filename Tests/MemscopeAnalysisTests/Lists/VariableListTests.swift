import Testing
import Tracking

@testable import MemscopeAnalysis

@Suite("Variables")
struct VariableListTests {
    private static func usage(
        _ id: UInt32,
        _ name: String,
        bytes: UInt64,
        died: UInt64? = nil
    ) -> MemScope.VariableUsage {
        var record = VariableRecord(
            id: id,
            name: name,
            place: SourcePlace(file: "App/Main.swift", function: "run()", line: Int(id)),
            metadata: 1,
            dynamicMetadata: 2,
            born: UInt64(id)
        )
        record.died = died
        record.isPlain = bytes == 0
        record.references = [VariableReference(offset: 0, address: 64 * UInt64(id), size: bytes, site: 1)]
        return MemScope.VariableUsage(record, owned: OwnedBlocks(live: bytes == 0 ? [] : record.references))
    }

    private static let rows = [
        usage(1, "b", bytes: 10), usage(2, "a", bytes: 30), usage(3, "a", bytes: 0), usage(4, "c", bytes: 20, died: 9),
    ]

    @Test("the largest owned bytes come first") func order() {
        let page = Page(variables: Self.rows, order: VariableColumn.defaultOrder, limit: 3)
        #expect(page.rows.map(\.id) == [2, 4, 1] && page.next != nil)
    }

    @Test("equal names are in the order in which they were tracked") func names() {
        let page = Page(variables: Self.rows, order: ListOrder(.name, isDescending: false), limit: 10)
        #expect(page.rows.map(\.id) == [2, 3, 1, 4])
    }

    @Test("of a value without blocks nobody can tell whether it lives") func alive() {
        #expect(Self.rows.map(\.isAlive) == [true, true, nil, false])
    }

    @Test("a block to which two words refer is owned once; one that ended is not") func owned() {
        var record = VariableRecord(
            id: 1,
            name: "x",
            place: SourcePlace(file: "", function: "", line: 0),
            metadata: 1,
            dynamicMetadata: 1,
            born: 1
        )
        let live = VariableReference(offset: 0, address: 64, size: 32, site: 1)
        var again = live
        again.offset = 8
        var ended = VariableReference(offset: 16, address: 128, size: 100, site: 1)
        ended.end = BlockEnd(time: 1, site: 1, thread: 1)
        record.references = [live, again, ended]
        #expect(record.ownedBytes == 32 && record.owned == [live])
        record.fields = [BlockLayout.Field(offset: 8, kind: .strong, name: "next")]
        #expect(record.owned == [again])
        record.fields = [BlockLayout.Field(offset: 8, kind: .weak, name: "next")]
        #expect(record.owned.isEmpty)
    }
}

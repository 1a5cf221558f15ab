import MemscopeAnalysis
import MemscopeRender
import Tracking

/// A variable with one live block and one that has ended.
enum VariableFixtures {
    private static let live = VariableReference(offset: 0, address: 0x7000, size: 96, site: 1)
    private static let dead = VariableReference(
        offset: 8,
        address: 0x8000,
        size: 32,
        site: 2,
        end: BlockEnd(time: 9, site: 1, thread: 1)
    )

    private static let record: VariableRecord = {
        let place = SourcePlace(file: "App/Main.swift", function: "start(with:)", line: 12)
        let pair = "(Swift.Array<Swift.Int>, App.Node)"
        var record = VariableRecord(
            id: 3,
            name: "a \"quoted\" name",
            place: place,
            metadata: 0x1000,
            dynamicMetadata: 0x1000,
            born: 5
        )
        (record.type, record.dynamicType) = (pair, pair)
        (record.thread, record.task, record.scope) = (1, 7, 2)
        record.references = [live, dead]
        (record.changeCount, record.copies, record.copiedBytes) = (2, 1, 96)
        record.changes = [VariableChange(time: 6, kind: .copied, bytes: 96, site: 1)]
        record.history = [VariablePoint(time: 5, bytes: 128), VariablePoint(time: 9, bytes: 96)]
        return record
    }()

    static let usage: MemScope.VariableUsage = {
        var owned = OwnedBlocks(live: [live])
        (owned.sharedBytes, owned.retainedBytes, owned.isTypeKnown) = (0, 4096, true)
        return MemScope.VariableUsage(record, owned: owned)
    }()

    static let values: VariableValues = {
        var reference = VariableValues.Reference(live)
        (reference.field, reference.kind, reference.strong) = ("0", .strong, 1)
        reference.type = BlockType(name: "Swift.Array<Swift.Int>", kind: .array)
        return VariableValues(
            usage,
            references: [reference, VariableValues.Reference(dead)],
            changes: record.changes,
            isTruncated: false
        )
    }()
}

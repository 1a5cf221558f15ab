/// The field records of a class, struct or enum, and the offsets of its fields.
///
/// The record formats are those of the Swift 6 ABI (swift: include/swift/ABI/Metadata.h, RemoteInspection/Records.h).
struct NominalType {
    struct Record {
        var name: String
        /// Nil for an enum case without a payload.
        var type: MangledType?
        var isIndirect: Bool
    }

    enum Kind: Int32 {
        case `class` = 16, `struct`, `enum`
    }

    let kind: Kind
    let descriptor: UInt64
    /// The address of the generic arguments; 0 when the type has none.
    let arguments: UInt64
    /// Nil when the type was compiled without reflection metadata.
    let records: [Record]?
    /// The offset of each record's field, in bytes; empty for enums.
    let offsets: [UInt64]
    /// The number of fields that the type declares, whether or not there are records of them.
    let fieldCount: Int

    private static let fieldLimit: UInt32 = 4096
    private static let nameLimit = 256
    private static let genericFlag: UInt32 = 1 << 7
    private static let resilientSuperclassFlag: UInt32 = 1 << 29

    /// - Parameter metadata: The metadata of a type; the runtime returned it, or it was validated.
    init?(_ metadata: UInt64) {
        guard let words = SafeMemory.words(from: metadata, count: 6) else { return nil }
        let descriptor = words[0] == 0 ? words[5] : words[1]
        guard let header = Self.words32(from: descriptor, count: 11), let kind = Kind(rawValue: Int32(header[0] & 31)),
            (kind == .class) == (words[0] == 0)
        else { return nil }
        self.kind = kind
        self.descriptor = descriptor
        let vector: UInt64
        switch kind {
        case .class:
            fieldCount = Int(header[9])
            guard let members = Self.immediateMembers(header, descriptor) else { return nil }
            arguments = header[0] & Self.genericFlag == 0 ? 0 : metadata + 8 * members.start
            vector = 8 * (UInt64(header[10]) + (members.isResilient ? members.start : 0))
        case .struct:
            fieldCount = Int(header[5])
            arguments = header[0] & Self.genericFlag == 0 ? 0 : metadata + 16
            vector = 8 * UInt64(header[6])
        case .enum:
            fieldCount = Int(header[5] & 0xFF_FFFF)
            arguments = header[0] & Self.genericFlag == 0 ? 0 : metadata + 16
            vector = 0
        }
        guard fieldCount <= Self.fieldLimit else { return nil }
        records = SafeMemory.relative(at: descriptor + 16).flatMap(Self.records)
        guard kind != .enum, fieldCount > 0 else {
            offsets = []
            return
        }
        guard vector > 0, let offsets = Self.offsets(at: metadata + vector, fieldCount, isClass: kind == .class) else {
            return nil
        }
        self.offsets = offsets
    }

    /// The type of a record with this type's generic arguments; nil when the runtime cannot find it.
    func type(of record: Record) -> UInt64? {
        guard let type = record.type?.resolve(context: descriptor, arguments: arguments) else { return nil }
        return unsafe UInt64(unsafeBitCast(type, to: UInt.self))
    }

    /// The number of the word in a class' metadata where the class' own part begins.
    private static func immediateMembers(
        _ header: [UInt32],
        _ descriptor: UInt64
    ) -> (start: UInt64, isResilient: Bool)? {
        guard header[0] & resilientSuperclassFlag != 0 else {
            guard header[7] >= header[8] else { return nil }
            return (UInt64(header[7] - header[8]), false)
        }
        guard let bounds = SafeMemory.relative(at: descriptor + 24), let offset = SafeMemory.word(at: bounds),
            offset > 0, offset < 1 << 16
        else { return nil }
        return (offset / 8, true)
    }

    private static func offsets(at address: UInt64, _ count: Int, isClass: Bool) -> [UInt64]? {
        isClass ? SafeMemory.words(from: address, count: count) : words32(from: address, count: count)?.map(UInt64.init)
    }

    private static func records(at address: UInt64) -> [Record]? {
        guard let header = words32(from: address, count: 4), header[2] >> 16 == 12, header[3] <= fieldLimit else {
            return nil
        }
        return (0..<UInt64(header[3])).map { index in
            let record = address + 16 + 12 * index
            return Record(
                name: SafeMemory.relative(at: record + 8).map(name) ?? "",
                type: MangledType(relativeAt: record + 4),
                isIndirect: (SafeMemory.int32(at: record) ?? 0) & 1 != 0
            )
        }
    }

    private static func name(at address: UInt64) -> String {
        let name = String(decoding: SafeMemory.bytes(from: address, upTo: nameLimit).prefix { $0 != 0 }, as: UTF8.self)
        let lazy = "$__lazy_storage_$_"
        return name.hasPrefix(lazy) ? String(name.dropFirst(lazy.count)) : name
    }

    private static func words32(from address: UInt64, count: Int) -> [UInt32]? {
        let bytes = Array(SafeMemory.bytes(from: address, upTo: 4 * count))
        guard bytes.count == 4 * count else { return nil }
        return (0..<count).map { index in
            bytes[4 * index..<4 * index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}

/// Writes protocol buffer messages, with the few wire types that profile.proto needs.
///
/// Fields with the default value are left out, as proto3 requires, except inside packed lists.
///
/// - SeeAlso: https://protobuf.dev/programming-guides/encoding/
struct ProtobufWriter: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func field(_ number: UInt8, _ value: Int64) {
        field(number, UInt64(bitPattern: value))
    }

    mutating func field(_ number: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        tag(number, wireType: 0)
        varint(value)
    }

    mutating func field(_ number: UInt8, _ value: Bool) {
        field(number, value ? 1 as UInt64 : 0)
    }

    /// A repeated number in packed form.
    mutating func field(_ number: UInt8, packed values: [UInt64]) {
        guard !values.isEmpty else { return }
        tag(number, wireType: 2)
        varint(UInt64(values.reduce(0) { $0 + Self.length(of: $1) }))
        for value in values { varint(value) }
    }

    /// Writes the text even when it is empty, because entries of a repeated field are identified by their position.
    mutating func field(_ number: UInt8, _ text: String) {
        field(number, bytes: Array(text.utf8))
    }

    mutating func field(_ number: UInt8, message: (inout ProtobufWriter) -> Void) {
        tag(number, wireType: 2)
        let start = bytes.count
        message(&self)
        // The length is inserted in place: there are hundreds of thousands of messages, each of some dozen bytes.
        var length = ProtobufWriter()
        length.varint(UInt64(bytes.count - start))
        bytes.insert(contentsOf: length.bytes, at: start)
    }

    private static func length(of value: UInt64) -> Int {
        max(1, (64 - value.leadingZeroBitCount + 6) / 7)
    }

    private mutating func field(_ number: UInt8, bytes content: [UInt8]) {
        tag(number, wireType: 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func tag(_ number: UInt8, wireType: UInt8) {
        varint(UInt64(number) << 3 | UInt64(wireType))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

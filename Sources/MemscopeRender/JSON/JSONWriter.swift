/// Writes one JSON value as bytes, without an intermediate tree.
///
/// The writer puts the commas. The caller must close every brace and use keys in objects only; with the nesting
/// closures, mistakes are hard to make.
///
/// - SeeAlso: RFC 8259.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    package mutating func array<Elements: Sequence>(
        _ elements: Elements,
        _ element: (inout JSONWriter, Elements.Element) -> Void
    ) {
        open("[")
        for each in elements { element(&self, each) }
        close("]")
    }

    /// For structures that are not written by nested closures, such as trees that are walked without recursion.
    mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    package mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() { literal("null") }
    package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }
    package mutating func integer(_ value: some BinaryInteger) { literal(String(value)) }

    /// JSON has no infinities: infinities and NaN become null.
    package mutating func double(_ value: Double) {
        literal(value.isFinite ? value.description : "null")
    }

    /// Writes a number as `"0x…"`, because JSON readers lose digits of numbers over 2^53.
    package mutating func hexadecimal(_ value: UInt64) {
        string("0x" + String(value, radix: 16))
    }

    package mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                bytes.append(byte)
            } else {
                escape(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch Unicode.Scalar(byte) {
        case "\"", "\\": bytes.append(byte)
        case "\n": bytes.append(UInt8(ascii: "n"))
        case "\r": bytes.append(UInt8(ascii: "r"))
        case "\t": bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(contentsOf: (byte < 0x10 ? "0" : "").utf8)
            bytes.append(contentsOf: String(byte, radix: 16).utf8)
        }
    }

    /// Writes a value that is JSON already.
    mutating func verbatim(_ json: String) { literal(json) }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}

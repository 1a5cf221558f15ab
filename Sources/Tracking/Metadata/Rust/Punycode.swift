/// Decodes names with letters beyond ASCII in the form that Rust uses.
///
/// - SeeAlso: RFC 3492; Rust uses "_" instead of the delimiter "-".
enum Punycode {
    // The time to decode grows with the square of the length.
    private static let limit = 256

    /// - Returns: Nil for bytes that are not well formed, or too many.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count <= limit else { return nil }
        let delimiter = bytes.lastIndex(of: UInt8(ascii: "_"))
        var result = delimiter.map { bytes[..<$0].map(UInt32.init) } ?? []
        let digits = delimiter.map { bytes[($0 + 1)...] } ?? bytes
        var decoder = Decoder(digits: digits)
        guard !digits.isEmpty else { return nil }
        while !decoder.digits.isEmpty {
            guard decoder.insertNext(into: &result) else { return nil }
        }
        var text = ""
        for code in result {
            guard let scalar = Unicode.Scalar(code) else { return nil }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    /// The state in RFC 3492, section 6.2, with the names used there.
    private struct Decoder {
        var digits: ArraySlice<UInt8>
        var code: UInt32 = 128
        var index: UInt32 = 0
        var bias: UInt32 = 72
        var isFirst = true

        mutating func insertNext(into result: inout [UInt32]) -> Bool {
            guard let delta = nextDelta() else { return false }
            let count = UInt32(result.count + 1)
            let (position, overflow) = index.addingReportingOverflow(delta)
            let (next, beyond) = code.addingReportingOverflow(position / count)
            guard !overflow, !beyond else { return false }
            adapt(delta, count: count)
            code = next
            index = position % count
            result.insert(code, at: Int(index))
            index += 1
            return true
        }

        private mutating func nextDelta() -> UInt32? {
            var delta: UInt32 = 0
            var weight: UInt32 = 1
            var place: UInt32 = 36
            while let byte = digits.popFirst(), let digit = Self.value(of: byte) {
                let (step, overflow) = digit.multipliedReportingOverflow(by: weight)
                let (sum, beyond) = delta.addingReportingOverflow(step)
                guard !overflow, !beyond else { return nil }
                delta = sum
                let threshold = place <= bias + 1 ? 1 : min(place - bias, 26)
                if digit < threshold { return delta }
                let (heavier, tooHeavy) = weight.multipliedReportingOverflow(by: 36 - threshold)
                guard !tooHeavy else { return nil }
                weight = heavier
                place += 36
            }
            return nil
        }

        private mutating func adapt(_ delta: UInt32, count: UInt32) {
            var delta = delta / (isFirst ? 700 : 2)
            isFirst = false
            delta += delta / count
            var steps: UInt32 = 0
            while delta > 35 * 26 / 2 {
                delta /= 35
                steps += 36
            }
            bias = steps + 36 * delta / (delta + 38)
        }

        private static func value(of byte: UInt8) -> UInt32? {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 26
            default: nil
            }
        }
    }
}

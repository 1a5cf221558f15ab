import Foundation
import MemscopeRender
import Testing

@Suite("JSON writer") struct JSONWriterTests {
    private static let hostile: [String] =
        [
            "", "\"", "\\", "\\\"", "</script>", "\u{0}", "\u{1F}", "\u{7F}", "\u{2028}\u{2029}", "a\r\n\tb",
            "π🧨e\u{301}",
            // Not at the start: Foundation's own parser drops a byte order mark there.
            "a\u{FEFF}", "\u{10FFFF}", "{\"a\":[1,2]}", "\\u0041", String(repeating: "x\n", count: 5000),
        ] + (0...0x24F).compactMap { UnicodeScalar($0).map(String.init) }

    private static let hostileArray: [UInt8] = {
        var json = JSONWriter()
        json.array(hostile) { $0.string($1) }
        return json.bytes
    }()

    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        write(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("Hostile strings come back unchanged from Foundation")
    func foundation() throws {
        let parsed = try JSONSerialization.jsonObject(with: Data(Self.hostileArray))
        #expect(parsed as? [String] == Self.hostile)
    }

    @Test(
        "Hostile strings come back unchanged from other languages",
        arguments: [
            ["node", "-e", "process.stdout.write(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8'))))"],
            ["python3", "-c", "import json, sys; print(json.dumps(json.load(sys.stdin.buffer)), end='')"],
        ]
    )
    func others(command: [String]) throws {
        let outcome = try Tool.run(command[0], command[1], command[2], input: Self.hostileArray)
        #expect(outcome.status == 0, "\(outcome.output)")
        let parsed = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        #expect(parsed as? [String] == Self.hostile)
    }

    @Test("Commas stand between values only")
    func commas() {
        let text = written { json in
            json.object { json in
                json.member("empty") { _ in }
                json.member("list", array: [1, 2, 3])
                json.member("nested", array: [[1], []]) { json, inner in json.array(inner) { $0.integer($1) } }
                json.member("last", true)
            }
        }
        #expect(text == #"{"empty":{},"list":[1,2,3],"nested":[[1],[]],"last":true}"#)
    }

    @Test("Extreme numbers keep their digits, what JSON has no word for is null")
    func numbers() {
        #expect(written { $0.integer(UInt64.max) } == "18446744073709551615")
        #expect(written { $0.integer(Int64.min) } == "-9223372036854775808")
        #expect(written { $0.hexadecimal(0xFFFF_FFFF_FFFF_FFFF) } == "\"0xffffffffffffffff\"")
        #expect(written { $0.double(.infinity) } == "null")
        #expect(written { $0.double(.nan) } == "null")
        #expect(written { $0.object { $0.member("a", nil as Double?) } } == #"{"a":null}"#)
    }

    @Test(
        "Doubles are read back as the same number",
        arguments: [0, -0.5, 0.1, 1e-7, 1e300, .leastNonzeroMagnitude, 123456.789]
    )
    func doubles(value: Double) throws {
        let parsed = try JSONSerialization.jsonObject(with: Data(written { $0.array([value]) { $0.double($1) } }.utf8))
        #expect(parsed as? [Double] == [value])
    }
}

import Testing

@testable import MemscopeDemo

@Suite("Demo JSON") struct JSONTests {
    @Test(
        "What is written reads back the same",
        arguments: [
            JSON.null, .boolean(true), .number(-12.5), .number(1e300), .string("quo\"te \\ tab\t ä 🌍"), .array([]),
            .object(["a": .array([.number(1), .null]), "b": .object([:])]),
        ]
    )
    func roundTrip(value: JSON) throws {
        #expect(try JSONParser.parse(value.bytes) == value)
    }

    @Test("Space between tokens is skipped") func space() throws {
        let value = try JSONParser.parse(Array(" { \"a\" : [ 1 , 2 ] }\n".utf8))
        #expect(value == .object(["a": .array([.number(1), .number(2)])]))
    }

    @Test(
        "Text that is no JSON is refused where it goes wrong",
        arguments: [
            ("", 0, "a value"), ("{\"a\"}", 4, "':'"), ("[1 2]", 3, "','"), ("[1", 2, "','"), ("nul", 0, "null"),
            ("\"ab", 3, "'\"'"), ("1 1", 2, "the end"), ("\"\\u12", 3, "four hexadecimal digits"),
        ]
    )
    func refusals(text: String, offset: Int, expected: String) {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(error?.offset == offset)
        #expect(error?.expected == expected)
    }
}

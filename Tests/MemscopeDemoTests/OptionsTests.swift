import Testing

@testable import MemscopeDemo

@Suite("Demo options") struct OptionsTests {
    @Test("Without arguments the defaults hold") func defaults() throws {
        #expect(try Options.parse([]) == Options())
    }

    @Test("Both spellings of a value are read") func values() throws {
        let options = try Options.parse(["--port", "0", "--load=50", "--seconds=7", "--leak", "--crimes"])
        #expect(options == Options(port: 0, load: 50, seconds: 7, leaks: true, crimes: true))
    }

    @Test("Asking for help gives no options", arguments: ["--help", "-h"]) func help(argument: String) throws {
        #expect(try Options.parse([argument]) == nil)
    }

    @Test(
        "A bad argument is named, with what is accepted",
        arguments: [
            (["--prot", "1"], "unknown option '--prot'; --help lists what there is"),
            (["9200"], "unknown option '9200'; --help lists what there is"),
            (["--port"], "--port needs a whole number from 0 to 65535"),
            (["--port", "65536"], "--port takes a whole number from 0 to 65535, not '65536'"),
            (["--port="], "--port needs a whole number from 0 to 65535"),
            (["--load", "0"], "--load takes a whole number from 1 to 100000, not '0'"),
            (["--seconds", "soon"], "--seconds takes a whole number from 0 to 1000000000, not 'soon'"),
        ]
    )
    func refusals(arguments: [String], message: String) {
        let error = #expect(throws: OptionError.self) { try Options.parse(arguments) }
        #expect(error?.message == message)
    }
}

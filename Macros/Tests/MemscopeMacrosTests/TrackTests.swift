import MemscopeMacros
import Testing

@Suite("#track")
struct TrackTests {
    private func variable(_ name: String) -> MemScope.VariableUsage? {
        MemScope.variables(by: .id, limit: 10_000).first { $0.name == name }
    }

    @Test("the name is the text of the expression, and the value stays what it is")
    func name() throws {
        let line = #line + 1
        let numbers = #track([1, 2, 3].map { $0 * 2 })
        #expect(numbers == [2, 4, 6])
        let found = try #require(variable("[1, 2, 3].map { $0 * 2 }"))
        #expect(found.place.line == line && found.place.file == "MemscopeMacrosTests/TrackTests.swift")
        #expect(found.place.function == "name()")
        #expect(found.isAlive == true && found.bytes > 0)
        withExtendedLifetime(numbers) {}
    }

    @Test("an expression that throws, and one with a text in it")
    func expressions() throws {
        func read(_ name: String) throws -> [String] { [name, String(repeating: name, count: 20)] }
        let lines = try #track(read("a \"quoted\" name"))
        #expect(lines.count == 2)
        #expect(variable(#"read("a \"quoted\" name")"#)?.isAlive == true)
        withExtendedLifetime(lines) {}
    }

    @Test("an expression over several lines has one line as its name")
    func lines() {
        let sum = #track(
            [1]
                .map(String.init)
        )
        #expect(variable("[1] .map(String.init)") != nil)
        withExtendedLifetime(sum) {}
    }
}

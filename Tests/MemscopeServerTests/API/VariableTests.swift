import Foundation
import MemscopeServer
import Testing

@Suite("Variables in the API") struct VariableTests {
    final class Holder {
        @Tracked var texts: [String] = ["a text that is too long to be kept in place, so it has a block of its own"]
        @Tracked("numbers of the holder") var numbers = [1, 2, 3]
    }

    private func row(_ name: String) -> JSONValue? {
        API.shared.get("/api/variables?limit=1000&sort=-id").json.data.variables.list.first { $0.name.text == name }
    }

    @Test("a property has the name that it has in its type, once the heap was scanned") func nameOfProperty() throws {
        let holder = Holder()
        _ = API.shared.respond("POST", "/api/leakscan")
        #expect(row("texts")?.place.function.text == "Holder")
        #expect(row("numbers of the holder") != nil)
        withExtendedLifetime(holder) {}
    }

    @Test("one variable, with its blocks and what it retains") func one() throws {
        let kept = MemScope.track([Holder(), Holder()], "two holders")
        _ = API.shared.respond("POST", "/api/leakscan")
        let found = try #require(row("two holders"))
        let id = try #require(found.id.number)
        let json = API.shared.get("/api/variables/\(id)").json.data
        #expect(json.variable.alive.flag == true && json.references.list.count == 1)
        #expect((found.retainedBytes.number ?? 0) > (found.bytes.number ?? 0))
        #expect(json.references.list.first?.allocated.list.isEmpty == false)
        let missing = API.shared.get("/api/variables/4000000000")
        #expect(missing.status == 404 && missing.json.error.hint.text?.contains("/api/variables") == true)
        withExtendedLifetime(kept) {}
    }

    final class Lost {
        var other: Lost?
        var room = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    }

    @inline(never) private func lose() {
        for _ in 0..<10 {
            let (first, second) = (Lost(), Lost())
            (first.other, second.other) = (second, first)
            MemScope.track(first, "lost")
        }
    }

    @Test("a tracked value that leaks is a leak") func leak() throws {
        Thread.detachNewThread { lose() }
        Thread.sleep(forTimeInterval: 0.5)
        _ = MemScope.variables()
        let finding = API.shared.respond("POST", "/api/leakscan")
        #expect(finding.status == 200)
        let cycles = API.shared.get("/api/cycles?limit=1000").data.cycles.list
        let lost = cycles.filter { $0.types.list.contains { $0.text?.contains("Lost") == true } }
        #expect(lost.contains { $0.reachable.flag == false }, "\(cycles.count) cycles, \(lost.count) of them are lost")
    }
}

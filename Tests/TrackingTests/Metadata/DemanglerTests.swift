import Testing
import Tracking

@Suite("Demangler") struct DemanglerTests {
    @Test(
        "Names of Swift, C++ and C become what a reader knows them by",
        arguments: [
            ("$s4Demo7AccountC7deposityySiF", "Demo.Account.deposit(Swift.Int) -> ()"),
            ("$sSS6appendyySSF", "Swift.String.append(Swift.String) -> ()"),
            ("_ZN4demo6WidgetIlE4growEi", "demo::Widget<long>::grow(int)"),
            ("_Znwm", "operator new(unsigned long)"),
            ("qsort", "qsort"),
            ("main", "main"),
            ("", ""),
        ]
    )
    func known(mangled: String, name: String) {
        var demangler = Demangler()
        #expect(demangler.name(mangled) == name)
        #expect(demangler.name(mangled) == name, "from the cache")
    }

    @Test(
        "A part of an async function carries the function's own name first",
        arguments: [
            "$s4Demo4loadyyYaFTY0_", "$s4Demo4loadyyYaFTQ1_",
        ]
    )
    func resumed(mangled: String) {
        var demangler = Demangler()
        #expect(demangler.name(mangled) == "Demo.load() async -> () (resumed)")
    }

    @Test("The file number of a private function is left out") func discriminator() {
        var demangler = Demangler()
        let name = demangler.name("$s4Demo4load33_5E1AD0DDE0DDE5C2A4C8C7B1F0A3B6D7LLyyF")
        #expect(name == "Demo.load() -> ()")
    }

    @Test("What only looks mangled stays as it is", arguments: ["$s", "$sgarbage", "_Z", "_Zgarbage", "$S!", "_T0"])
    func broken(mangled: String) {
        var demangler = Demangler()
        #expect(demangler.name(mangled) == mangled)
    }
}

import MemscopeAnalysis
import Testing
import Tracking

@Suite("Leak suppressions") struct LeakSuppressionsTests {
    private let stack = [
        Frame(function: "libc malloc", image: "libc.so.6"),
        Frame(function: "Shop.Cart.add(_: Shop.Item) -> ()", file: "/src/Shop/Cart.swift", image: "shop"),
        Frame(function: "main", image: "shop"),
    ]

    @Test(
        "A pattern is found in the function, the file or the image of any frame",
        arguments: ["Cart.add", "leak", "Cart.swift", "libc.so", "^main$", "Shop*Item", "^/src/*/Cart.swift$", "*"]
    )
    func named(pattern: String) {
        let isLiteral = pattern == "leak"
        #expect(LeakSuppressions("leak:\(pattern)").matches(stack) == !isLiteral)
    }

    @Test(
        "A pattern that is somewhere else, or beyond an anchor, is not",
        arguments: ["cart.add", "^add", "Cart$", "Item*Shop.Cart.add", "^mai$", "^Shop.Cart$", "main*main", "$x"]
    )
    func notNamed(pattern: String) {
        #expect(!LeakSuppressions("leak:\(pattern)").matches(stack))
    }

    @Test("An end that comes twice is found at the end") func lastEnd() {
        #expect(LeakSuppressions("leak:foo$").matches([Frame(function: "foo then foo")]))
        #expect(!LeakSuppressions("leak:^a*a$").matches([Frame(function: "a")]))
    }

    @Test("Comments, empty lines and white space say nothing; other lines are counted") func lines() {
        let file = LeakSuppressions("# known\n\n  leak:main \r\n\t# more\nrace:main\nleak:\nmain")
        #expect(!file.isEmpty)
        #expect(file.matches(stack))
        #expect(file.badLines == [5, 6, 7])
        #expect(LeakSuppressions("# only\n").isEmpty)
        #expect(!LeakSuppressions.none.matches(stack))
    }
}

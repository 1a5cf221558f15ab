import Testing
import Tracking

private final class Target { var value = 1 }
private protocol Watcher: AnyObject {}
private protocol Shape {}
private struct State {
    var owner: Target?
    var action: (() -> Void)?
}
private enum Link {
    case none
    case some(Target)
    case action(() -> Void)
}
private indirect enum Tree { case leaf(Int), branch(Tree, Target) }

private final class Forms<Value> {
    var object = Target()
    var optional: Target?
    var watcher: (any Watcher)?
    var shape: (any Shape)?
    var anything: Any = 1
    var failure: (any Error)?
    var action: () -> Void = {}
    var later: ((Int) -> Int)?
    var state = State()
    var pair = (Target(), 1)
    var link = Link.none
    var tree = Tree.leaf(1)
    var result = Result<Target, any Error>.success(Target())
    let value: Value
    var other: Value?

    init(_ value: Value) { self.value = value }
}

@Suite("How fields are declared") struct FieldFormTests {
    private let layouts = Layouts()

    /// Field names with their forms, each once.
    private func forms(of object: AnyObject) throws -> [String: Set<FieldForm>] {
        let layout = try #require(layouts.layout(of: object))
        var forms: [String: Set<FieldForm>] = [:]
        for field in layout.fields {
            forms[field.name, default: []].insert(field.form)
            #expect(layout.form(at: field.offset) == field.form)
        }
        return forms
    }

    @Test("A property that can be weak is told from what cannot") func properties() throws {
        let forms = try forms(of: Forms(Target()))
        for name in ["object", "optional", "watcher", "state.owner"] { #expect(forms[name] == [.property], "\(name)") }
        for name in ["action", "later", "state.action"] { #expect(forms[name] == [.function], "\(name)") }
        #expect(forms["shape"] == [.existential])
        for name in ["anything", "failure", "pair.0", "tree", "result", "value", "other"] {
            #expect(forms[name] == [.fixed], "\(name)")
        }
        let link = try #require(forms["link.some"] ?? forms["link"])
        #expect(link.isDisjoint(with: [.property, .existential]))
    }

    @Test("The elements of an array have the form of their type, and what is no field has none") func elements() throws
    {
        let functions = try storage([{}, {}] as [() -> Void])
        #expect(functions.form(at: 40) == .function && functions.form(at: 32) == .unknown)
        #expect(try storage([Target()]).form(at: 32) == .property)
        #expect(try storage([(Target(), 1)]).form(at: 32) == .fixed)
        let object = try #require(layouts.layout(of: Target()))
        #expect(object.form(at: 8) == .unknown)
    }

    private func storage<Element>(_ array: [Element]) throws -> BlockLayout {
        let address = unsafe UInt64(unsafeBitCast(array, to: UInt.self))
        return try #require(layouts.layout(at: address, size: 64 + UInt64(MemoryLayout<Element>.stride * array.count)))
    }
}

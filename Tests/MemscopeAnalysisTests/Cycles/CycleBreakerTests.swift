import MemscopeAnalysis
import Testing
import Tracking

@Suite("Advice on retain cycles") struct CycleBreakerTests {
    /// A block of a ring: its type, and the one word that leads on.
    private struct Link {
        var type: String
        var kind: TypeKind
        var field: String
        var form: FieldForm

        init(_ type: String, _ field: String, _ form: FieldForm, _ kind: TypeKind = .class) {
            (self.type, self.kind, self.field, self.form) = (type, kind, field, form)
        }
    }

    /// What is said of a ring of blocks of equal age, each from the site of its number.
    private func advice(_ links: Link...) throws -> CycleBreak {
        var builder = GraphBuilder()
        for (index, link) in links.enumerated() {
            let type = builder.type(link.type, link.kind, fields: [link.field], form: link.form)
            builder.block(type, site: UInt32(index) + 1)
        }
        for index in links.indices { builder.edge(index, (index + 1) % links.count) }
        return try #require(try builder.analyse(births: { _ in 7 }).cycles.cycles.first).breakEdge
    }

    private let model = Link("App.Model", "onChange", .function)
    private let node = Link("App.Node", "next", .property)

    @Test("A closure that captures one object has that for its context, and captures it all the same")
    func context() throws {
        let edge = try advice(model)
        #expect(edge.from == "App.Model" && edge.field == "onChange" && edge.to == "App.Model")
        #expect(edge.reason == "a closure captures it: capture self weakly, [weak self]")
        #expect(edge.place == .code(node: 0, offset: 8))
    }

    @Test("What a closure's context holds is captured weakly, and the context's stack says where")
    func capture() throws {
        let edge = try advice(model, Link("closure context (App.Model, Int)", "capture 0", .property, .closure))
        #expect(edge.field == "capture 0" && edge.reason == "a closure captures it: capture self weakly, [weak self]")
        #expect(edge.place == .site(2))
    }

    @Test("Of nested closures the one that captures the object is named")
    func nested() throws {
        let edge = try advice(
            model,
            Link("closure context (?, Int)", "[1]", .unknown, .closure),
            Link("closure context (App.Model, Int)", "capture 0", .property, .closure)
        )
        #expect(edge.from == "closure context (App.Model, Int)" && edge.place == .site(3))
    }

    @Test("A closure in a collection is no element that cannot be weak")
    func closureInArray() throws {
        var builder = GraphBuilder()
        let hub = builder.block(builder.type("App.Hub", fields: ["handlers"], form: .property))
        let array = builder.block(builder.type("Array<() -> ()>", .array, elements: ["", ""], form: .function))
        builder.edge(hub, array)
        builder.edge(array, hub, at: 40)
        let edge = try #require(try builder.analyse().cycles.cycles.first).breakEdge
        #expect(edge.field == "handlers[0]" && edge.reason.contains("[weak self]"))
        #expect(edge.place == .code(node: UInt32(array), offset: 32))
    }

    @Test("A value that a closure captures cannot be captured weakly: it is told what can be done")
    func values() throws {
        let structure = try advice(model, Link("closure context", "capture 0.owner", .property, .closure))
        #expect(structure.reason.contains("capture only what the closure needs") && structure.place == .site(2))
        let value = try advice(model, Link("closure context", "capture 0", .existential, .closure))
        #expect(value.reason.contains("declare the protocol AnyObject, then capture it weakly"))
    }

    @Test("What a box is depends on what refers to it")
    func boxes() throws {
        let closure = Link("closure context (var App.Model, Int)", "capture 0", .variable, .closure)
        let box = Link("box (App.Model)", "value", .property, .box)
        #expect(try advice(model, closure, box).reason.contains("declare the variable weak"))
        #expect(try advice(model, box).reason.hasPrefix("a variable that a closure shares holds it"))
        let either = try advice(model, Link("box or closure context (Optional<App.Model>)", "value", .property, .box))
        #expect(either.reason.contains("[weak self], or declare the variable weak"))
        let branch = Link("App.Tree", "branch", .fixed)
        let payload = Link("box or closure context ((App.Tree, Int))", "value.0", .fixed, .box)
        let indirect = try advice(branch, payload)
        #expect(indirect.field == "branch" && indirect.reason.hasPrefix("no reference here can be weak"))
    }

    @Test("What can never be weak is not advised to be", arguments: [FieldForm.fixed, .variable])
    func never(form: FieldForm) throws {
        let other = try advice(Link("App.Left", "payload", form), node)
        #expect(other.field == "next" && other.reason == "no other reference here can be weak: make it weak")
        let none = try advice(Link("App.Left", "payload", form))
        #expect(
            none.reason == "no reference here can be weak: give App.Left.payload another value in the end, such as nil"
        )
        #expect(none.place == nil)
        let library = try advice(Link("Foundation.NSCacheEntry", "prevByCost", form))
        #expect(library.reason.hasPrefix("Foundation.NSCacheEntry belongs to a library: end it by "))
    }

    @Test("A name that points back does not make a payload weak")
    func payloadOwner() throws {
        #expect(try advice(Link("App.Left", "owner", .fixed), node).field == "next")
    }

    @Test("A property of a protocol that structs may adopt is advised only where nothing else is there")
    func existential() throws {
        let shape = Link("App.Square", "shape", .existential)
        #expect(try advice(shape, node).field == "next")
        #expect(try advice(shape).reason.contains("declare the protocol AnyObject, then make it weak"))
    }

    @Test(
        "Nobody can edit a library's class",
        arguments: [
            "AsyncStream<Int>._Storage", "_DequeBuffer<Int>", "Foundation.Operation", "Dispatch.DispatchSource",
        ]
    )
    func libraries(name: String) throws {
        let edge = try advice(Link(name, "parent", .property), node)
        #expect(edge.from == "App.Node")
    }

    @Test("Where a task is part of the cycle it has to end")
    func tasks() throws {
        let task = Link("Task", "+0x100", .unknown, .task)
        let closure = Link("closure context (App.Model)", "capture 1", .property, .closure)
        let captured = try advice(Link("App.Model", "task", .fixed), task, closure)
        #expect(captured.from == "closure context (App.Model)" && captured.reason.contains("resume or cancel the task"))
        let held = try advice(Link("App.Model", "task", .fixed), task)
        #expect(held.from == "Task" && held.reason.hasPrefix("a task holds it until it ends") && held.place == .site(2))
    }
}

import Foundation
import Testing

@testable import Tracking

/// One after the other: there is one table of variables, and one test fills it.
@Suite("Variables", .serialized)
struct VariableTests {}

extension VariableTests {
    @Suite("Tracked values")
    struct TrackedValueTests {
        private final class Node {
            var next: Node?
            var numbers: [Int]
            init(_ count: Int) { numbers = Array(repeating: 7, count: count) }
        }

        private struct Pair {
            var number: Int
            var node: Node
            var text: String
            weak var other: Node?
        }

        private enum Choice {
            case node(Node)
            case number(Int)
            case nothing
        }

        private protocol Shape { var size: Int { get } }
        private struct Large: Shape {
            var numbers = (1, 2, 3, 4)
            var items: [Int]
            var size: Int { items.count + numbers.0 }
        }

        private static let names = MetadataStore()

        /// The variable with a name that was tracked last.
        private func variable(_ name: String) -> VariableRecord? {
            Self.names.refresh()
            return TrackedVariables.census(Self.names).variables.last { $0.name == name }
        }

        private func address(_ object: AnyObject) -> UInt64 {
            unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
        }

        @inline(never) private func makeNode(_ name: String) -> Node { MemScope.track(Node(10), name) }

        @Test("an object is one block, until it is freed; it is not kept alive")
        func object() throws {
            var node: Node? = makeNode("object")
            let seen = try #require(variable("object"))
            #expect(seen.references.map(\.address) == [address(try #require(node))])
            #expect(seen.ownedBytes == 32)
            #expect(seen.died == nil)
            #expect(seen.type.hasSuffix(".Node") && seen.place.line > 0 && seen.place.function == "makeNode(_:)")
            let before = CaptureCore.now
            node = nil
            let ended = try #require(variable("object"))
            #expect(try #require(ended.died) >= before)
            let end = try #require(ended.references.first?.end)
            let stack = Self.names.symbolize(stack: try #require(CaptureCore.site(end.site)).addresses)
            #expect(stack.contains { $0.function.contains("object()") }, "\(stack.map(\.function))")
            #expect(node == nil)
        }

        @Test("two variables with one name stay two")
        func sameName() throws {
            let nodes = [makeNode("twice"), makeNode("twice")]
            let both = TrackedVariables.census(Self.names).variables.filter { $0.name == "twice" && $0.died == nil }
            #expect(Set(both.flatMap { $0.references.map(\.address) }) == Set(nodes.map(address)))
            #expect(both.count == 2)
        }

        @Test("the blocks of values of every kind")
        func kinds() throws {
            let node = Node(1)
            let pair = MemScope.track(
                Pair(number: 3, node: node, text: String(repeating: "long text ", count: 20), other: node),
                "pair"
            )
            let array = MemScope.track([1, 2, 3, 4], "array")
            let dictionary = MemScope.track(["one": 1], "dictionary")
            let set = MemScope.track(Set([1, 2]), "set")
            let data = MemScope.track(Data(repeating: 1, count: 1000), "data")
            let some = MemScope.track(Optional(node), "some")
            let tuple = MemScope.track((1, node, [9]), "tuple")
            let chosen = MemScope.track(Choice.node(node), "chosen")
            let counter = MemScope.track({ node.numbers.count }, "closure")
            let any = MemScope.track(node as Any, "any")
            let shape = MemScope.track(Large(items: [1, 2]) as any Shape, "shape")
            let pointer = unsafe MemScope.track(UnsafeMutablePointer<Int>.allocate(capacity: 100), "pointer")
            defer { unsafe pointer.deallocate() }
            let owned = [
                "pair", "array", "dictionary", "set", "data", "some", "tuple", "chosen", "closure", "any", "shape",
            ]
            .map { variable($0)?.owned.count }
            #expect(owned == [2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1])
            #expect(variable("some")?.owned.first?.address == address(node))
            #expect(variable("chosen")?.owned.first?.address == address(node))
            #expect(variable("any")?.owned.first?.address == address(node))
            // A pointer refers to its memory, and owns nothing.
            #expect(variable("pointer")?.references.first?.size == 800 && variable("pointer")?.ownedBytes == 0)
            withExtendedLifetime((pair, array, dictionary, set, data, some, tuple, chosen)) {}
            withExtendedLifetime((counter, any, shape)) {}
        }

        @Test("a closure is live as long as its context is")
        func closure() throws {
            let node = Node(1)
            let number = [1]
            // Two captures: the context is a block of its own.
            var call: (() -> Int)? = MemScope.track({ node.numbers.count * number.count }, "call")
            #expect(variable("call")?.died == nil && variable("call")?.owned.count == 1)
            #expect(call?() == 1)
            call = nil
            #expect(variable("call")?.died != nil)
            withExtendedLifetime(node) {}
        }

        @Test("a function that is passed from variable to variable keeps its context")
        func passedFunction() throws {
            let node = Node(1)
            let numbers = [1, 2, 3]
            let function: @Sendable (Int) -> Int = { numbers.count + $0 }
            var optional: ((Int) -> Int)? = function
            var kept: [(Int) -> Int] = [function, { node.numbers.count + $0 }]
            MemScope.track(function, "function")
            MemScope.track(optional, "optional")
            MemScope.track((1, kept[1]), "in tuple")
            for name in ["function", "optional", "in tuple"] {
                let seen = try #require(variable(name))
                #expect(seen.died == nil && seen.owned.count == 1, "\(name) \(seen.references)")
            }
            #expect(variable("in tuple")?.owned.first?.address == address(node))
            optional = nil
            kept = []
            #expect(variable("in tuple")?.died == nil)
            #expect(optional == nil && kept.isEmpty && function(1) == 4)
            withExtendedLifetime(node) {}
        }

        @Test("values without blocks are plain, and never end")
        func plain() throws {
            MemScope.track(42, "number")
            MemScope.track("short", "text")
            MemScope.track(Choice.number(Int(address(Self.names))), "address")
            MemScope.track([Int](), "empty")
            for name in ["number", "text", "empty"] {
                let found = try #require(variable(name))
                #expect(found.references.isEmpty && found.died == nil, "\(name)")
            }
        }

        @Test("names are cut, and never empty")
        func names() {
            MemScope.track(1, "")
            MemScope.track(2, String(repeating: "x", count: 10_000_000))
            MemScope.track(3, String(repeating: "é", count: 200))
            #expect(variable("(unnamed)") != nil)
            let long = TrackedVariables.census(Self.names).variables.filter { $0.name.hasSuffix("…") }
            #expect(long.count >= 2 && long.allSatisfy { $0.name.utf8.count <= 256 })
        }

        @Test("too many variables are counted, and those that ended make room")
        func limits() {
            let before = TrackedVariables.census(Self.names)
            var nodes: [Node] = []
            for _ in 0..<20_000 { nodes.append(MemScope.track(Node(0), "many")) }
            let full = TrackedVariables.census(Self.names)
            #expect(full.variables.count { $0.died == nil && !$0.references.isEmpty } <= TrackedVariables.limit)
            #expect(full.dropped - before.dropped >= 20_000 - UInt64(TrackedVariables.limit))
            nodes = []
            let after = TrackedVariables.census(Self.names)
            #expect(after.variables.count <= TrackedVariables.endedLimit + TrackedVariables.limit)
            #expect(after.forgotten > before.forgotten)
            MemScope.track(Node(0), "room again")
            #expect(variable("room again") != nil)
        }

        private enum Tree {
            case object([String: Int])
            case array([Int])
            case string(String)
            case pair(Int, [Int])
            case riap([Int], Int)
        }

        @Test("an enum whose case stands behind its last word")
        func smallTags() throws {
            let long = String(repeating: "long text ", count: 20)
            let values: [(String, Tree, Int)] = [
                ("object", .object(["a": 1]), 1), ("list", .array([1]), 1), ("long string", .string(long), 1),
                ("number", .pair(Int(address(Self.names)), [1]), 1), ("riap", .riap([1], 7), 1),
            ]
            for (name, value, owned) in values {
                MemScope.track(value, name)
                #expect(variable(name)?.owned.count == owned, "\(name)")
            }
            let failure: Result<Int, any Error> = .failure(CancellationError() as any Error)
            MemScope.track(failure, "failure")
            #expect(variable("failure")?.owned.count == 1)
        }

        @Test("many values at one address, which nobody looked at, leave room for the next")
        func sameAddress() throws {
            for _ in 0..<100 { MemScope.track(Node(3), "short") }
            let node = MemScope.track(Node(3), "after them")
            #expect(variable("after them")?.owned.first?.address == address(node))
            #expect(TrackedVariables.census(Self.names).droppedBlocks == 0)
        }

        @Test("a closure that ended is not taken for one of the objects that it captured")
        func endedClosure() throws {
            let (first, second) = (Node(1), Node(2))
            var function: (() -> Int)? = { first.numbers.count + second.numbers.count }
            MemScope.track(function, "ended function")
            #expect(function?() == 3)
            #expect(variable("ended function")?.died == nil)
            function = nil
            #expect(variable("ended function")?.died != nil)
            withExtendedLifetime((first, second)) {}
        }

        @Test("the type of the value in an existential")
        func dynamicTypes() throws {
            let shape = MemScope.track(Large(items: [1]) as any Shape, "as a shape")
            #expect(variable("as a shape")?.dynamicType.hasSuffix("Large") == true)
            #expect(variable("as a shape")?.type.hasSuffix("Shape") == true)
            withExtendedLifetime(shape) {}
        }
    }
}

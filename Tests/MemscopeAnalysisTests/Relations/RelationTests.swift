import MemscopeAnalysis
import Testing
import Tracking

@Suite("Relations") struct RelationTests {
    @Test("References are sorted by what they are to their target")
    func kinds() throws {
        var builder = GraphBuilder()
        let team = builder.type("Team", fields: ["members", "log", "window"])
        let storage = builder.type("_ContiguousArrayStorage<Player>", .array, elements: [""])
        let player = builder.type("Player", fields: ["badge", "team"])
        let badge = builder.type("Badge")
        let slice = builder.type(sliceName, fields: ["value"])
        let numbers = builder.type("_ContiguousArrayStorage<Int>", .array)
        let teams = (0..<2).map { _ in builder.block(team) }
        let shared = builder.block(badge, size: 10)
        for (index, owner) in teams.enumerated() {
            let array = builder.block(storage, size: 50)
            builder.edge(owner, array)
            builder.edge(owner, shared, at: 24)
            for place in 0..<2 as Range<UInt64> {
                let member = builder.block(player, size: 20)
                builder.edge(array, member, at: 32 + 8 * place)
                builder.edge(member, builder.block(badge, size: 5))
                builder.edge(member, owner, .weak, at: 24)
            }
            guard index == 0 else { continue }
            let window = builder.block(numbers, size: 400)
            builder.edge(owner, window, at: 32)
            builder.edge(builder.block(slice), window)
        }
        let list = try #require(RelationList(builder.build()))
        #expect(
            list.relations == [
                Relation(kind: .slices, from: sliceName, field: "value", to: numberName, count: 1, bytes: 400),
                Relation(kind: .shares, from: "Team", field: "window", to: numberName, count: 1, bytes: 400),
                Relation(kind: .contains, from: "Team", field: "members", to: storageName, count: 2, bytes: 100),
                Relation(kind: .owns, from: "Team", field: "members[]", to: "Player", count: 4, bytes: 80),
                Relation(kind: .owns, from: "Player", field: "badge", to: "Badge", count: 4, bytes: 20),
                Relation(kind: .shares, from: "Team", field: "log", to: "Badge", count: 2, bytes: 20),
            ]
        )
    }

    private let sliceName = "Box<ArraySlice<Int>>"
    private let storageName = "_ContiguousArrayStorage<Player>"
    private let numberName = "_ContiguousArrayStorage<Int>"

    @Test("What a root or a word nobody can explain refers to has not one owner only")
    func others() throws {
        var builder = GraphBuilder()
        let type = builder.type("Node", fields: ["a", "b"])
        let bare = builder.type("libc.so.6", .c)
        let node = builder.block(type)
        builder.edge(node, builder.block(type, isRoot: true))
        let second = builder.block(type)
        builder.edge(node, second, at: 24)
        builder.edge(builder.block(bare), second, .conservative)
        let list = try #require(RelationList(builder.build()))
        #expect(list.relations.map(\.kind) == [.shares, .shares])
    }

    @Test("Elements of storage that two share stay the storage's own")
    func sharedStorage() throws {
        var builder = GraphBuilder()
        let team = builder.type("Team", fields: ["members"])
        let array = builder.block(builder.type(storageName, .array, elements: ["", "note"]))
        for _ in 0..<2 { builder.edge(builder.block(team), array) }
        builder.edge(array, builder.block(team), at: 56)
        let list = try #require(RelationList(builder.build()))
        #expect(list.relations.map(\.from) == ["Team", storageName])
        #expect(list.relations.map(\.field) == ["members", "[].note"])
        #expect(list.relations.map(\.kind) == [.shares, .owns])
    }

    private func storages(_ sizes: [UInt64]) throws -> HeapGraph {
        var builder = GraphBuilder()
        let type = builder.type(numberName, .array)
        for size in sizes { builder.block(type, size: size) }
        builder.block(builder.type("Account"), size: 512)
        return try builder.build()
    }

    @Test("Equal contents of one type and size are copies, the first of them is not")
    func copies() throws {
        let graph = try storages([256, 256, 256, 512, 64, 64, 256])
        let contents = [1, 2, 1, 1, 1, 1, 1, 1]
        let (relations, isComplete) = CopyFinder().find(in: graph) { contents[$0] == contents[$1] }
        let expected = Relation(kind: .copies, from: numberName, field: "", to: numberName, count: 2, bytes: 512)
        #expect(relations == [expected] && isComplete)
    }

    @Test("The work is bounded, and says so")
    func bounded() throws {
        let graph = try storages(Array(repeating: 256, count: 500))
        var compared = 0
        var finder = CopyFinder()
        let all = finder.find(in: graph) { _, _ in
            compared += 1
            return false
        }
        #expect(all.relations.isEmpty && !all.isComplete && compared <= 500 * finder.distinctLimit)
        finder.comparisonLimit = 10
        compared = 0
        _ = finder.find(in: graph) { _, _ in
            compared += 1
            return false
        }
        #expect(compared <= 10)
    }
}

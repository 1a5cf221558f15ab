import Testing

@testable import Tracking

extension VariableTests {
    @Suite("Tracked properties")
    struct TrackedPropertyTests {
        private final class Owner {
            @Tracked("items") var items: [Int] = []
            @Tracked("count") var count = 0
        }

        private struct Values {
            @Tracked("values") var values = [1, 2, 3]
        }

        private static let names = MetadataStore()

        private func variables(_ name: String) -> [VariableRecord] {
            Self.names.refresh()
            return TrackedVariables.census(Self.names).variables.filter { $0.name == name }
        }

        @inline(never) private func appendOne(to owner: Owner) { owner.items.append(5) }

        @Test("an array that grows moves, and is not copied")
        func grows() throws {
            let owner = Owner()
            for number in 0..<1000 { owner.items.append(number) }
            let variable = try #require(variables("items").last)
            #expect(variable.copies == 0)
            #expect(variable.changeCount >= 5)
            #expect(variable.changes.dropFirst().allSatisfy { $0.kind == .reallocated }, "\(variable.changes)")
            #expect(variable.ownedBytes >= 8000)
            withExtendedLifetime(owner) {}
        }

        @Test("a write to shared contents is a copy, with the stack that made it")
        func copies() throws {
            let owner = Owner()
            owner.items = Array(repeating: 1, count: 5000)
            let other = owner.items
            appendOne(to: owner)
            appendOne(to: owner)
            let variable = try #require(variables("items").last)
            #expect(variable.copies == 1)
            #expect(variable.copiedBytes >= 40_000)
            let copy = try #require(variable.changes.last { $0.kind == .copied })
            let stack = Self.names.symbolize(stack: try #require(CaptureCore.site(copy.site)).addresses)
            #expect(stack.contains { $0.function.contains("appendOne") }, "\(stack.map(\.function))")
            #expect(other.count == 5000)
        }

        @Test("another value is neither a copy nor a move")
        func assigns() throws {
            let owner = Owner()
            var other = Array(repeating: 2, count: 100)
            owner.items = other
            swap(&owner.items, &other)
            owner.items = other
            let variable = try #require(variables("items").last)
            #expect(variable.changes.map(\.kind).allSatisfy { $0 != .copied }, "\(variable.changes)")
        }

        @Test("the variable ends with its property")
        func ends() throws {
            var owner: Owner? = Owner()
            owner?.items = [1, 2, 3]
            let id = try #require(variables("items").last).id
            #expect(owner != nil)
            owner = nil
            #expect(variables("items").first { $0.id == id }?.died != nil)
        }

        @Test("a copied property becomes a variable of its own when it changes")
        func copyOfProperty() throws {
            let first = Values()
            var second = first
            let before = variables("values").count
            second.values.append(4)
            #expect(variables("values").count == before + 1)
            #expect(first.values == [1, 2, 3] && second.values == [1, 2, 3, 4])
        }

        @Test("numbers change without a trace")
        func numbers() throws {
            let owner = Owner()
            for _ in 0..<1000 { owner.count += 1 }
            #expect(try #require(variables("count").last).changeCount == 0)
            #expect(owner.count == 1000)
        }

        @Test("what throws in the middle of a change leaves the property as it is")
        func throwing() throws {
            struct Failure: Error {}
            func change(_ items: inout [Int]) throws {
                items.append(1)
                throw Failure()
            }
            let owner = Owner()
            #expect(throws: Failure.self) { try change(&owner.items) }
            #expect(owner.items == [1])
            #expect(try #require(variables("items").last).ownedBytes > 0)
        }

        private struct Two {
            var name = Name()
            var items: [Int] = []
        }

        private final class Name {}

        private final class Holder {
            @Tracked("two") var two = Two()
            @Tracked("slice") var slice = [1, 2, 3, 4, 5][...]
        }

        @Test("of two references only the one that changed says what happened")
        func twoReferences() throws {
            let holder = Holder()
            for number in 0..<100 { holder.two.items.append(number) }
            let variable = try #require(variables("two").last)
            #expect(variable.copies == 0)
            #expect(variable.changes.dropFirst().allSatisfy { $0.kind == .reallocated }, "\(variable.changes)")
            withExtendedLifetime(holder) {}
        }

        @Test("a change of numbers beside a reference is none")
        func numbersBeside() throws {
            let holder = Holder()
            while holder.slice.count > 1 { holder.slice.removeFirst() }
            #expect(try #require(variables("slice").last).changeCount == 0)
        }

        @Test("a copied struct that changes has made a copy")
        func copyOfStruct() throws {
            let first = Values()
            var second = first
            second.values[0] = 9
            let changed = try #require(variables("values").last)
            #expect(changed.copies == 1 && changed.changes.last?.kind == .copied)
            #expect(first.values[0] == 1 && second.values[0] == 9)
        }

        @Test("an ended property owns nothing")
        func ended() throws {
            let numbers = Array(repeating: 1, count: 100)
            var owner: Owner? = Owner()
            owner?.items = numbers
            let id = try #require(variables("items").last).id
            owner = nil
            let variable = try #require(variables("items").first { $0.id == id })
            #expect(variable.ownedBytes == 0 && variable.died != nil && owner == nil)
            withExtendedLifetime(numbers) {}
        }
    }
}

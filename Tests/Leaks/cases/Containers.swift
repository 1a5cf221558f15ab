// Containers between an object and what holds it.

let containerCases: [(name: String, run: () -> Void)] = [
    ("array-of-children", ArrayOfChildren.run), ("dictionary-of-children", DictionaryOfChildren.run),
    ("dictionary-keys", DictionaryKeys.run), ("set-of-neighbours", SetOfNeighbours.run),
    ("nested-arrays", NestedArrays.run), ("contiguous-array", ContiguousArrayField.run),
    ("array-slice", ArraySliceField.run), ("array-of-structs", ArrayOfStructs.run),
    ("optional-array", OptionalArray.run), ("managed-buffer", ManagedBufferCase.run),
    ("held-strings", HeldStrings.run), ("held-substring", HeldSubstring.run),
    ("clean-containers", CleanContainers.run), ("clean-managed-buffer", ManagedBufferCase.clean),
]

enum ArrayOfChildren {
    final class Person { var accounts: [Account] = [] }
    final class Account {
        let owner: Person
        init(owner: Person) { self.owner = owner }
    }

    @inline(never) static func run() {
        let person = Person()
        person.accounts = [Account(owner: person), Account(owner: person), Account(owner: person)]
        show(person)
    }
}

enum DictionaryOfChildren {
    final class Team { var members: [Int: Member] = [:] }
    final class Member { var team: Team? }

    @inline(never) static func run() {
        let team = Team()
        let member = Member()
        member.team = team
        team.members[7] = member
        show(team)
    }
}

final class KeyObject: Hashable {
    var holder: AnyObject?
    static func == (one: KeyObject, other: KeyObject) -> Bool { one === other }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

enum DictionaryKeys {
    final class Index { var places: [KeyObject: Int] = [:] }

    @inline(never) static func run() {
        let index = Index()
        let key = KeyObject()
        key.holder = index
        index.places[key] = 1
        show(index)
    }
}

enum SetOfNeighbours {
    final class Vertex: Hashable {
        var neighbours: Set<Vertex> = []
        static func == (one: Vertex, other: Vertex) -> Bool { one === other }
        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }

    @inline(never) static func run() {
        let one = Vertex()
        let other = Vertex()
        one.neighbours.insert(other)
        other.neighbours.insert(one)
        show(one)
    }
}

enum NestedArrays {
    final class Grid { var rows: [[Cell?]] = [] }
    final class Cell { var grid: Grid? }

    @inline(never) static func run() {
        let grid = Grid()
        let cell = Cell()
        cell.grid = grid
        grid.rows = [[nil, cell], [nil]]
        show(grid)
    }
}

enum ContiguousArrayField {
    final class Ring { var all: ContiguousArray<Ring> = [] }

    @inline(never) static func run() {
        let one = Ring()
        one.all = [Ring()]
        one.all[0].all = [one]
        show(one)
    }
}

/// A slice keeps the whole array that it was cut from.
enum ArraySliceField {
    final class Page { var window: ArraySlice<Page> = [] }

    @inline(never) static func run() {
        let page = Page()
        let pages = [Page(), page, Page()]
        page.window = pages[1...]
        show(page)
    }
}

enum ArrayOfStructs {
    struct Entry { var weight: Int; var node: Node }
    final class Node { var entries: [Entry] = [] }

    @inline(never) static func run() {
        let node = Node()
        let other = Node()
        node.entries = [Entry(weight: 1, node: other), Entry(weight: 2, node: node)]
        show(node)
    }
}

enum OptionalArray {
    final class Folder { var files: [Folder?]? }

    @inline(never) static func run() {
        let folder = Folder()
        folder.files = [nil, nil, folder]
        show(folder)
    }
}

enum ManagedBufferCase {
    struct Header { var used = 0; var owner: Owner? }
    final class Owner { var buffer: ManagedBuffer<Header, Owner>? }
    final class Buffer: ManagedBuffer<Header, Owner> {
        deinit {
            _ = withUnsafeMutablePointers { $1.deinitialize(count: $0.pointee.used) }
        }
    }

    @inline(never) static func make(header: Owner?, element: Owner?) -> ManagedBuffer<Header, Owner> {
        let buffer = Buffer.create(minimumCapacity: 4) { _ in Header(owner: header) }
        if let element {
            buffer.withUnsafeMutablePointers {
                $1.initialize(to: element)
                $0.pointee.used = 1
            }
        }
        return buffer
    }

    /// One object holds a buffer that holds it in its header, the other one that holds it as an element.
    @inline(never) static func run() {
        let inHeader = Owner()
        inHeader.buffer = make(header: inHeader, element: nil)
        let asElement = Owner()
        asElement.buffer = make(header: nil, element: asElement)
        show((inHeader, asElement))
    }

    @inline(never) static func clean() {
        let owner = Owner()
        owner.buffer = make(header: Owner(), element: Owner())
        show(owner)
    }
}

enum HeldStrings {
    final class Note {
        var text = ""
        var copy: String?
        var small = "short"
        var next: Note?
    }

    @inline(never) static func run() {
        let note = Note()
        note.text = String(repeating: "remember the milk ", count: 4)
        note.copy = String(repeating: "and the bread ", count: 8)
        note.next = note
        show(note)
    }
}

enum HeldSubstring {
    final class Excerpt {
        var text: Substring = ""
        var next: Excerpt?
    }

    @inline(never) static func run() {
        let excerpt = Excerpt()
        let whole = String(repeating: "in the beginning ", count: 6)
        excerpt.text = whole.dropFirst(7)
        excerpt.next = excerpt
        show(excerpt)
    }
}

enum CleanContainers {
    final class Item { var number: Int; init(_ number: Int) { self.number = number } }

    @inline(never) static func run() {
        var lists: [String: [Item]] = [:]
        for number in 0..<500 { lists["list number \(number % 17)", default: []].append(Item(number)) }
        let evens = Set(lists.values.joined().map(\.number).filter { $0 % 2 == 0 })
        let text = lists.keys.sorted().joined(separator: ", ")
        show((lists.count, evens, text, text.dropFirst(5), Array(lists.values.joined())[3...]))
        lists.removeAll()
    }
}

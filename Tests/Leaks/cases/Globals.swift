// What lives as long as the program, as it should.

let globalCases: [(name: String, run: () -> Void)] = [
    ("clean-singleton-ring", SingletonRing.run), ("clean-global-closures", GlobalClosures.run),
    ("clean-static-containers", StaticContainers.run), ("clean-key-paths", KeyPaths.run),
    ("clean-global-existentials", GlobalExistentials.run), ("clean-metatypes", Metatypes.run),
]

/// A cycle that a root still holds: no leak, but told.
enum SingletonRing {
    final class App {
        static let shared = App()
        var window: Window?
    }
    final class Window { var app: App? }

    @inline(never) static func run() {
        App.shared.window = Window()
        App.shared.window?.app = App.shared
        show(App.shared)
    }
}

enum GlobalClosures {
    nonisolated(unsafe) static var handlers: [(Int) -> Int] = []
    final class Counter { var count = 0 }

    @inline(never) static func run() {
        for factor in 1...3 {
            let counter = Counter()
            handlers.append {
                counter.count += $0 * factor
                return counter.count
            }
        }
        show(handlers.map { $0(2) })
    }
}

enum StaticContainers {
    final class Entry: Hashable {
        let name: String
        init(_ name: String) { self.name = name }
        static func == (one: Entry, other: Entry) -> Bool { one.name == other.name }
        func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }
    nonisolated(unsafe) static var byName: [String: Entry] = [:]
    nonisolated(unsafe) static var all: Set<Entry> = []
    nonisolated(unsafe) static var first: Substring = ""

    @inline(never) static func run() {
        for number in 0..<40 {
            let entry = Entry("an entry with a long name, number \(number)")
            byName[entry.name] = entry
            all.insert(entry)
        }
        first = byName.keys.min()!.dropFirst(3)
        show(first)
    }
}

enum KeyPaths {
    struct Point { var x = 1, y = 2 }
    final class Shape { var center = Point(); var names = ["a", "b"] }
    nonisolated(unsafe) static var paths: [PartialKeyPath<Shape>] = []

    @inline(never) static func run() {
        let index = Int(CommandLine.argc) - 2
        let composed = (\Shape.center).appending(path: \Point.y)
        paths = [\Shape.center.x, composed, \Shape.names[index]]
        let shape = Shape()
        show(paths.map { shape[keyPath: $0] })
        show(shape[keyPath: composed])
    }
}

enum GlobalExistentials {
    struct Large: Shape {
        var numbers = (1.0, 2.0, 3.0, 4.0)
        var object = Inner()
        func area() -> Double { numbers.0 }
    }
    final class Inner { var number = 1 }
    nonisolated(unsafe) static var shape: (any Shape)?
    nonisolated(unsafe) static var anything: Any = 0

    @inline(never) static func run() {
        shape = Large()
        anything = (Inner(), Large())
        show(shape?.area())
    }
}

enum Metatypes {
    class Plain { required init() {} }
    final class Special<Value>: Plain {}
    nonisolated(unsafe) static var types: [Plain.Type] = []

    @inline(never) static func run() {
        types = [Plain.self, Special<Int>.self, Special<[String]>.self]
        show(types.map { $0.init() })
    }
}

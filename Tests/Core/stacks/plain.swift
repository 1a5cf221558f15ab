// Ordinary Swift: classes, closures, collections, generics, errors. Compiled by plain
// `swiftc -O` it has no frame pointers.

final class Node {
    var next: Node?
    var name: String

    init(_ name: String, _ next: Node?) {
        self.name = name
        self.next = next
    }
}

enum Problem: Error {
    case deep(String)
}

protocol Shape {
    func area() -> Double
}

struct Square: Shape {
    var side: Double
    @inline(never) func area() -> Double { [side, side].reduce(1, *) }
}

struct Circle: Shape {
    var radius: Double
    var a = 1.0, b = 2.0, c = 3.0, d = 4.0
    @inline(never) func area() -> Double { Array(repeating: radius, count: 3).reduce(3.14, +) }
}

@inline(never) func recurse<T>(_ depth: Int, _ value: T, _ body: (T) -> Int) -> Int {
    depth == 0 ? body(value) : recurse(depth - 1, value, body) + 1
}

@inline(never) func throwing(_ depth: Int) throws -> Int {
    if depth == 0 { throw Problem.deep(String(repeating: "p", count: 50)) }
    return try throwing(depth - 1) + 1
}

@inline(never) func chain(_ length: Int) -> Node? {
    var head: Node?
    for index in 0..<length { head = Node("node number \(index) of a chain", head) }
    return head
}

@inline(never) func collections(_ seed: Int) -> Int {
    var counts: [String: [Int]] = [:]
    for index in 0..<60 { counts["key \((index * seed) % 17) long enough for the heap", default: []].append(index) }
    let sorted = counts.sorted { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
    let set = Set(sorted.flatMap { $0.value.map { "\($0)" + String(repeating: "z", count: 20) } })
    return sorted.map { $0.key.uppercased() }.joined(separator: ",").count + set.count
}

@inline(never) func shapes(_ count: Int) -> Double {
    var all: [any Shape] = []
    for index in 0..<count { all.append(index % 2 == 0 ? Square(side: 2) : Circle(radius: Double(index))) }
    return all.map { $0.area() }.reduce(0, +)
}

@inline(never) func closures(_ count: Int) -> Int {
    var made: [() -> Int] = []
    for index in 0..<count { made.append { index + made.count } }
    return made.lazy.map { $0() }.reduce(0, +)
}

var total = 0
for round in 1...40 {
    total += recurse(round, "value \(round) of a string", { Array($0.utf8).count })
    total += recurse(round, [1, 2, 3], { ($0 + [4]).count })
    do { total += try throwing(round) } catch { total += "\(error)".count }
    var node = chain(round)
    while let current = node { total += current.name.count; node = current.next }
    total += collections(round) + Int(shapes(round)) + closures(round)
}
print(total)

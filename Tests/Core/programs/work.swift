// Little of each: what the compiler is given to do.
protocol Shape { func area() -> Double }
struct Square: Shape {
    var side: Double
    func area() -> Double { side * side }
}
final class Drawing<Element: Shape> {
    private var shapes: [Element] = []
    var changed: ((Int) -> Void)?
    func add(_ shape: Element) {
        shapes.append(shape)
        changed?(shapes.count)
    }
    func total() -> Double { shapes.reduce(0) { $0 + $1.area() } }
}
let drawing = Drawing<Square>()
drawing.changed = { count in print("\(count) shapes") }
for side in 1...3 { drawing.add(Square(side: Double(side))) }
print(drawing.total())

// A heap with known leaks and retain cycles.
//
//   heap OBJECTS MIB
//
// Makes about OBJECTS heap blocks: an order has seven (itself, an array, four lines, a long text). Of ten orders eight
// are held, one is lost, and one is lost as a retain cycle of itself and its lines. MIB more of memory is written to.
// Prints what a search for leaks must find, waits for a line, and ends.
import Glibc

final class Line {
    var owner: Order?
    unowned let order: Order
    let number: Int

    init(_ number: Int, of order: Order) {
        self.number = number
        self.order = order
    }
}

final class Order {
    var lines: [Line] = []
    let text: String

    init(_ number: Int) {
        text = "order \(number), which has a text that is too long for its words"
        lines.reserveCapacity(4)
        for index in 0..<4 { lines.append(Line(index, of: self)) }
    }
}

enum Shop {
    static let blocksPerOrder = 7
    nonisolated(unsafe) static var held: [Order] = []
    nonisolated(unsafe) static var ballast: UnsafeMutableRawPointer?

    @inline(never) static func fill(orders: Int) {
        held.reserveCapacity(orders)
        for number in 0..<orders {
            let order = Order(number)
            switch number % 10 {
            case 0: _ = Unmanaged.passRetained(order)
            case 1: for line in order.lines { line.owner = order }
            default: held.append(order)
            }
        }
    }
}

guard CommandLine.arguments.count == 3, let objects = Int(CommandLine.arguments[1]), objects >= 70,
    let mebibytes = Int(CommandLine.arguments[2]), mebibytes >= 0
else {
    print("usage: heap OBJECTS MIB")
    exit(2)
}
let tenths = objects / Shop.blocksPerOrder / 10
Shop.fill(orders: tenths * 10)
if mebibytes > 0 {
    Shop.ballast = malloc(mebibytes << 20)
    memset(Shop.ballast!, 1, mebibytes << 20)
}
print("lost_blocks \(2 * tenths * Shop.blocksPerOrder)\nlost_cycles \(tenths)")
fflush(nil)
_ = readLine()

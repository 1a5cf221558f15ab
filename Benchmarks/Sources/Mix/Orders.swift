/// A customer as a service would hold one: a class with strings and a parent.
final class Customer {
    let name: String
    let city: String
    let referredBy: Customer?

    init(number: Int, referredBy: Customer?) {
        name = "customer number \(number), with a name beyond fifteen bytes"
        city = number.isMultiple(of: 2) ? "Springfield-on-the-River" : "Shelbyville"
        self.referredBy = referredBy
    }
}

/// An order document: nested arrays and dictionaries, as JSON decoding leaves them.
indirect enum Document {
    case number(Int)
    case text(String)
    case list([Document])
    case object([String: Document])

    func write(to out: inout String) {
        switch self {
        case .number(let value): out += String(value)
        case .text(let value): out += "\"" + value + "\""
        case .list(let values):
            out += "["
            for value in values {
                value.write(to: &out)
                out += ","
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (key, value) in members {
                out += "\"" + key + "\":"
                value.write(to: &out)
                out += ","
            }
            out += "}"
        }
    }
}

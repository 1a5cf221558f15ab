/// One thing the shop sells.
final class Product: Sendable {
    let id: Int
    let name: String
    let words: [String]
    let cents: Int

    init(id: Int, name: String, words: [String], cents: Int) {
        self.id = id
        self.name = name
        self.words = words
        self.cents = cents
    }

    var json: JSON {
        .object([
            "id": .number(Double(id)),
            "name": .string(name),
            "cents": .number(Double(cents)),
            "words": .array(words.map(JSON.string)),
        ])
    }
}

/// Everything the shop sells, with an index by word.
struct Catalogue: Sendable {
    static let words = [
        "amber", "birch", "cobalt", "dusk", "ember", "fern", "granite", "hazel", "indigo", "jade", "kelp", "linen",
        "maple", "nickel", "ochre", "pearl", "quartz", "russet", "slate", "teak", "umber", "velvet", "walnut", "zinc",
    ]
    static let things = ["lamp", "chair", "kettle", "blanket", "clock", "shelf", "mirror", "bowl", "desk", "rug"]

    let products: [Product]
    private let index: [String: [Int]]

    init(count: Int) {
        var dice = Dice(seed: 7)
        let products = (0..<count).map { id in Self.product(id: id, dice: &dice) }
        self.products = products
        index = products.reduce(into: [:]) { index, product in
            for word in product.words { index[word, default: []].append(product.id) }
        }
    }

    /// Products with these words, best match first.
    func search(for words: [String], limit: Int) -> [Product] {
        var scores: [Int: Int] = [:]
        for word in words {
            for id in index[word] ?? [] { scores[id, default: 0] += 1 }
        }
        let ranked = scores.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return ranked.prefix(limit).map { products[$0.key] }
    }

    private static func product(id: Int, dice: inout Dice) -> Product {
        let words = (0..<3).map { _ in Self.words[Int.random(in: 0..<Self.words.count, using: &dice)] }
        let thing = things[id % things.count]
        let cents = Int.random(in: 199...99_900, using: &dice)
        return Product(id: id, name: "\(words[0]) \(words[1]) \(thing) no. \(id)", words: words, cents: cents)
    }
}

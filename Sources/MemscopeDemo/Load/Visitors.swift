/// Invents the requests of visitors.
struct Visitors {
    let catalogue: Catalogue
    private var dice = Dice(seed: 1)
    private var served = 0

    init(catalogue: Catalogue) { self.catalogue = catalogue }

    mutating func nextRequest() -> Request {
        served += 1
        let visitor = "visitor-\(dice.popularIndex(below: 4_000))"
        return Request(number: served, visitor: visitor, action: nextAction())
    }

    private mutating func nextAction() -> Request.Action {
        switch Int.random(in: 0..<100, using: &dice) {
        case 0..<55: .product(id: dice.popularIndex(below: catalogue.products.count))
        case 55..<75: .search(words: searchWords())
        case 75..<94: .order(document: orderDocument())
        default: .upload(bytes: Int.random(in: 4_096...262_144, using: &dice), seed: dice.next())
        }
    }

    private mutating func searchWords() -> [String] {
        (0..<Int.random(in: 1...3, using: &dice)).map { _ in
            Catalogue.words[dice.popularIndex(below: Catalogue.words.count)]
        }
    }

    private mutating func orderDocument() -> [UInt8] {
        let lines = (0..<Int.random(in: 1...6, using: &dice)).map { _ in
            JSON.object([
                "product": .number(Double(dice.popularIndex(below: catalogue.products.count))),
                "quantity": .number(Double(Int.random(in: 1...4, using: &dice))),
                "note": .string("please wrap it, and \"mind the step\""),
            ])
        }
        return JSON.object(["currency": .string("EUR"), "gift": .boolean(false), "lines": .array(lines)]).bytes
    }
}

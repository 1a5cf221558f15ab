/// The request of a visitor.
struct Request: Sendable {
    enum Action: Sendable {
        case product(id: Int)
        case search(words: [String])
        case order(document: [UInt8])
        case upload(bytes: Int, seed: UInt64)

        var name: String {
            switch self {
            case .product: "product"
            case .search: "search"
            case .order: "order"
            case .upload: "upload"
            }
        }
    }

    let number: Int
    let visitor: String
    let action: Action
}

/// The answer of the shop.
struct Response: Sendable {
    let status: Int
    let body: [UInt8]
}

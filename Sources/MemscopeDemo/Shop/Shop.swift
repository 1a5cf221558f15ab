import MemscopeServer
import Synchronization

/// The observed service: a shop that keeps everything in memory.
final class Shop: Sendable {
    private static let mostAtOnce = 256

    let catalogue = MemScope.track(Catalogue(count: 8_000), "catalogue")
    let cache = PageCache(capacityInBytes: 6 << 20)
    let sessions = SessionStore()
    let log = RequestLog()
    let buffers = BufferPool()
    private let underWay = Atomic(0)

    /// Whether another request is accepted.
    ///
    /// Each accepted request must be answered.
    func admit() -> Bool {
        if underWay.add(1, ordering: .relaxed).newValue <= Self.mostAtOnce { return true }
        underWay.subtract(1, ordering: .relaxed)
        return false
    }

    /// Answers a request that was accepted.
    func answer(_ request: Request) async {
        await MemScope.scope("request", attributes: ["action": request.action.name]) {
            let response =
                switch request.action {
                case .product(let id): await productPage(id, for: request.visitor)
                case .search(let words): searchPage(words)
                case .order(let document): await order(document, by: request.visitor)
                case .upload(let bytes, let seed): await upload(bytes: bytes, seed: seed)
                }
            await log.record(request, response)
        }
        underWay.subtract(1, ordering: .relaxed)
    }

    private func productPage(_ id: Int, for visitor: String) async -> Response {
        let product = catalogue.products[id]
        await sessions.visit(product, by: visitor)
        if let page = await cache.page(for: id) { return Response(status: 200, body: page) }
        let page = MemScope.scope("render") {
            let related = catalogue.search(for: product.words, limit: 12)
            return JSON.object(["product": product.json, "related": .array(related.map(\.json))]).bytes
        }
        await cache.insert(page, for: id)
        return Response(status: 200, body: page)
    }

    private func searchPage(_ words: [String]) -> Response {
        let found = catalogue.search(for: words, limit: 20)
        return Response(status: 200, body: JSON.object(["found": .array(found.map(\.json))]).bytes)
    }

    private func order(_ document: [UInt8], by visitor: String) async -> Response {
        guard let lines = (try? JSONParser.parse(document))?["lines"]?.elements else {
            return Response(status: 400, body: JSON.object(["error": .string("not an order")]).bytes)
        }
        let wanted = lines.compactMap { line -> (product: Product, quantity: Int)? in
            guard let id = line["product"]?.integer, catalogue.products.indices.contains(id) else { return nil }
            return (catalogue.products[id], line["quantity"]?.integer ?? 1)
        }
        // The wait for a payment, so that some orders are always in progress.
        try? await Task.sleep(for: .milliseconds(30))
        let total = await sessions.order(wanted, by: visitor)
        return Response(status: 201, body: JSON.object(["totalCents": .number(Double(total))]).bytes)
    }

    private func upload(bytes: Int, seed: UInt64) async -> Response {
        guard let buffer = await buffers.borrow(bytes: bytes) else { return Response(status: 503, body: []) }
        let sum = buffer.receive(bytes: bytes, seed: seed)
        await buffers.giveBack(buffer)
        return Response(status: 201, body: JSON.object(["checksum": .string(String(sum, radix: 16))]).bytes)
    }
}

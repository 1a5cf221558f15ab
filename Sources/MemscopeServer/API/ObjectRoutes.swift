internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// Questions about single blocks of the last look.
    var objects: [Route] {
        [
            .get("/api/objects/{addr}", isHeavy: true, handler: object),
            .get("/api/objects/{addr}/referrers", isHeavy: true) { request throws(HTTPError) in
                try neighbours(request, "referrers") { finding, node, range in
                    finding.analysis.referrers(of: node, skipping: range.lowerBound, limit: range.count)
                }
            },
            .get("/api/objects/{addr}/referents", isHeavy: true) { request throws(HTTPError) in
                try neighbours(request, "referents") { finding, node, range in
                    finding.analysis.referents(of: node, skipping: range.lowerBound, limit: range.count)
                }
            },
            .get("/api/types/{name}/objects", isHeavy: true, handler: instances),
        ]
    }

    private func object(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters()
        let address = try address(request)
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            let node = try Self.node(at: address, in: finding)
            let object = observer.withNames { finding.object(node, names: $0) }
            return WireFormat.object(object, scan: finding.scan, in: observer.envelope())
        }
    }

    private func neighbours(
        _ request: HTTPRequest,
        _ key: String,
        _ list: (HeapFinding, Int, Range<Int>) -> ReferenceList?
    ) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters("limit", "cursor")
        let limit = try limit(request)
        let address = try address(request)
        let text = request.string("cursor") ?? "0"
        guard let first = Int(text), text.first?.isNumber == true, first <= UInt32.max else {
            throw Self.badCursor(text)
        }
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            let node = try Self.node(at: address, in: finding)
            guard let references = list(finding, node, first..<first + limit) else {
                throw .busy("the system refused memory to look at the references")
            }
            let page = finding.neighbours(references)
            return WireFormat.neighbours(key, page, from: first, scan: finding.scan, in: observer.envelope())
        }
    }

    private func instances(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try listParameters(
            request,
            also: ["kind"],
            default: ListOrder(InstanceColumn.retainedBytes, isDescending: true)
        )
        let kind = try request.choice("kind", of: TypeKind.allCases.map(\.rawValue), default: "")
        let name = request.captures["name"] ?? ""
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            let page = Page(
                instancesIn: finding.analysis,
                of: { $0.name == name && (kind.isEmpty || $0.kind.rawValue == kind) },
                order: order,
                after: cursor,
                limit: limit
            )
            guard page.total > 0 else {
                let which = "\(kind.isEmpty ? "" : "of kind \(kind) and ")of type \"\(name)\""
                throw .notFound(
                    "no block was \(which) when the heap was last looked at",
                    hint: "write the name as /api/types has it, percent-encoded; scan again with POST /api/leakscan"
                )
            }
            return WireFormat.instances(finding.instances(page), scan: finding.scan, in: observer.envelope())
        }
    }

    private func address(_ request: HTTPRequest) throws(HTTPError) -> UInt64 {
        let text = request.captures["addr"] ?? ""
        guard text.hasPrefix("0x"), text.utf8.count <= 18, !text.contains("+"),
            let address = UInt64(text.dropFirst(2), radix: 16)
        else {
            throw .badParameter(
                "\"\(text)\" is no address",
                hint: "an address is hexadecimal and begins with 0x, such as those that /api/leaks names"
            )
        }
        return address
    }

    private static func node(at address: UInt64, in finding: HeapFinding) throws(HTTPError) -> Int {
        guard let node = finding.analysis.graph.node(containing: address) else {
            throw .notFound(
                "no block contained 0x\(String(address, radix: 16)) when the heap was last looked at",
                hint: "scan again with POST /api/leakscan; blocks of MemScope's own are never shown"
            )
        }
        return node
    }
}

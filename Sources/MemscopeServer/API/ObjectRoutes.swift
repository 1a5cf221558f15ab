internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// Questions about single blocks in the last scan.
    var objects: [Route] {
        [
            Route(RouteTable.object, handler: object),
            Route(RouteTable.referrers) { request throws(HTTPError) in
                try neighbours(request, "referrers") { finding, node, range in
                    finding.analysis.referrers(of: node, skipping: range.lowerBound, limit: range.count)
                }
            },
            Route(RouteTable.referents) { request throws(HTTPError) in
                try neighbours(request, "referents") { finding, node, range in
                    finding.analysis.referents(of: node, skipping: range.lowerBound, limit: range.count)
                }
            },
            Route(RouteTable.instances, handler: instances),
        ]
    }

    private func object(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let address = try request[RouteParameters.address]
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
        let limit = try request[RouteParameters.limit]
        let address = try request[RouteParameters.address]
        let first = try request[RouteParameters.position]
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            let node = try Self.node(at: address, in: finding)
            guard let references = list(finding, node, first..<first + limit) else {
                throw .busy("the system refused memory for the references")
            }
            let page = finding.neighbours(references)
            return WireFormat.neighbours(key, page, from: first, scan: finding.scan, in: observer.envelope())
        }
    }

    private func instances(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: InstanceColumn.self, request)
        let kind = try request[RouteParameters.typeKind]
        let name = try request[RouteParameters.typeName]
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            let page = Page(
                instancesIn: finding.analysis,
                of: { $0.name == name && (kind == nil || $0.kind == kind) },
                order: order,
                after: cursor,
                limit: limit
            )
            guard page.total > 0 else {
                let which = "\(kind.map { "of kind \($0.rawValue) and " } ?? "")of type \"\(name)\""
                throw .notFound(
                    "no block was \(which) at the last scan",
                    hint: "write the name as /api/types has it, percent-encoded; scan again with POST /api/leakscan"
                )
            }
            return WireFormat.instances(finding.instances(page), scan: finding.scan, in: observer.envelope())
        }
    }

    private static func node(at address: UInt64, in finding: HeapFinding) throws(HTTPError) -> Int {
        guard let node = finding.analysis.graph.node(containing: address) else {
            throw .notFound(
                "no block contained 0x\(String(address, radix: 16)) at the last scan",
                hint: "scan again with POST /api/leakscan; blocks of MemScope's own are never shown"
            )
        }
        return node
    }
}

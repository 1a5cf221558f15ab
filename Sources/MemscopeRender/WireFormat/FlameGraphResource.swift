package import MemscopeAnalysis

extension WireFormat {
    /// Answers `GET /api/flamegraph`.
    package static func flameGraph(_ graph: FlameGraph, weight: FlameWeight, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope, isTruncated: graph.isTruncated) { json in
            json.member("weight", weight.rawValue)
            json.member("total", graph.total)
            json.key("root")
            tree(graph.nodes, to: &json)
        }
    }

    /// Writes nodes in preorder as nested objects.
    ///
    /// A node is closed when the next node does not belong to its subtree.
    private static func tree(_ nodes: [FlameGraph.Node], to json: inout JSONWriter) {
        var depth = -1
        for node in nodes {
            while depth >= node.depth { close(&depth, &json) }
            json.open("{")
            json.member("name", node.name)
            json.member("value", node.value)
            if let file = node.file { json.member("file", file) }
            if let line = node.line { json.member("line", line) }
            if let image = node.image { json.member("image", image) }
            json.key("children")
            json.open("[")
            depth = node.depth
        }
        while depth >= 0 { close(&depth, &json) }
    }

    private static func close(_ depth: inout Int, _ json: inout JSONWriter) {
        json.close("]")
        json.close("}")
        depth -= 1
    }
}

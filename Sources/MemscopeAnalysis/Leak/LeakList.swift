package import Tracking

/// Lost blocks in groups of one kind, call stack and type, the most bytes first.
package struct LeakList: Sendable {
    package private(set) var groups: [LeakGroup] = []
    package private(set) var blocks = 0
    package private(set) var bytes: UInt64 = 0

    /// - Returns: Nil when the system refuses the memory.
    /// - Complexity: O(nodes + edges); retained bytes are given up when they cost more than that.
    package init?(_ graph: HeapGraph, _ holds: HoldGraph, reachability: Reachability, kinds: LeakKinds) {
        guard reachability.leakedBlocks > 0 else { return }
        guard let groupOfNode = Column<UInt32>(count: graph.count) else { return nil }
        var naming = LeakNaming(graph, kinds)
        var indexOfKey: [GroupKey: Int] = [:]
        let nodes = Column(graph.nodes)
        for node in 0..<graph.count {
            guard let kind = kinds.kind(of: node) else { continue }
            let block = nodes[node]
            let key = GroupKey(kind: kind, site: block.site, type: block.type)
            let group: Int
            if let known = indexOfKey[key] {
                group = known
            } else {
                group = groups.count
                indexOfKey[key] = group
                groups.append(LeakGroup(kind: kind, site: block.site, type: block.type))
            }
            groupOfNode[node] = UInt32(group) + 1
            groups[group].count += 1
            groups[group].bytes += block.size
            if groups[group].nodes.count < LeakGroup.nodeLimit { groups[group].nodes.append(UInt32(node)) }
            naming.add(block, to: group)
            blocks += 1
            bytes += block.size
        }
        for index in groups.indices { groups[index].reason = naming.reason(for: groups[index], at: index) }
        guard var retention = LeakRetention(graph, holds, kept: reachability.kept, groupOfNode: groupOfNode) else {
            return nil
        }
        retention.fill(&groups, leaked: blocks)
        groups.sort { ($1.bytes, $0.nodes[0]) < ($0.bytes, $1.nodes[0]) }
    }
}

private struct GroupKey: Hashable {
    var kind: LeakKind
    var site: UInt32
    var type: UInt32
}

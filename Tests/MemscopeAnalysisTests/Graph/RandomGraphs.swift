/// Sparse to dense, with loops and doubled edges; sometimes nothing is a root.
func randomGraph(using random: inout SplitMix) -> (targets: [[Int]], roots: Set<Int>) {
    let count = Int.random(in: 1...40, using: &random)
    let degree = Int.random(in: 0...3, using: &random)
    let targets = (0..<count).map { _ in
        (0..<Int.random(in: 0...degree, using: &random)).map { _ in Int.random(in: 0..<count, using: &random) }
    }
    let roots = (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 0..<count, using: &random) }
    return (targets, Set(roots))
}

/// What the nodes lead to, themselves included, without going through `removed`.
func closure(of nodes: Set<Int>, in targets: [[Int]], without removed: Int? = nil) -> Set<Int> {
    var found = nodes.filter { $0 != removed }
    var open = Array(found)
    while let node = open.popLast() {
        for target in targets[node] where target != removed && found.insert(target).inserted { open.append(target) }
    }
    return found
}

/// Of each node the others that it leads to and that lead to it; empty where it is on no cycle.
func cycleMates(in targets: [[Int]]) -> [Set<Int>] {
    let reached = targets.indices.map { closure(of: Set(targets[$0]), in: targets) }
    return targets.indices.map { node in
        reached[node].contains(node) ? reached[node].filter { reached[$0].contains(node) } : []
    }
}

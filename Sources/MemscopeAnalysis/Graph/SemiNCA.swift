import Tracking

/// Finds immediate dominators with semidominators and nearest common ancestors; see `DominatorTree` for the paper.
///
/// All nodes are given by their preorder number.
struct SemiNCA {
    private struct Info: BitwiseCopyable, Sendable {
        var ancestor: UInt32
        /// The number with the smallest semidominator among those on the path to the ancestor.
        var label: UInt32
        var semi: UInt32
    }

    let dominators: Column<UInt32>
    private let info: Column<Info>
    private let path: Column<UInt32>

    /// Nil when the system refuses the memory.
    init?(_ holds: HoldGraph, _ walk: PreorderWalk) {
        guard let dominators = Column<UInt32>(count: walk.reached + 1),
            let info = Column<Info>(count: walk.reached + 1),
            let path = Column<UInt32>(count: walk.reached + 1), let holders = Holders(holds, walk)
        else { return nil }
        (self.dominators, self.info, self.path) = (dominators, info, path)
        for number in 0...UInt32(walk.reached) {
            let parent = walk.parents[number]
            info[number] = Info(ancestor: parent, label: number, semi: number)
            dominators[number] = parent
        }
        for number in (0...UInt32(walk.reached)).dropFirst().reversed() {
            var semi = walk.starts.contains(walk.vertices[number]) ? 0 : walk.parents[number]
            var index = holders.starts[number]
            while index < holders.starts[Int(number) + 1], semi != 0 {
                semi = min(semi, info[evaluate(holders.numbers[index], linked: number + 1)].semi)
                index += 1
            }
            info[number].semi = semi
        }
        for number in (0...UInt32(walk.reached)).dropFirst() {
            var candidate = dominators[number]
            while candidate > info[number].semi { candidate = dominators[candidate] }
            dominators[number] = candidate
        }
    }

    /// The label of a number in the forest of the numbers from `linked` on; the function shortens the paths in it.
    private func evaluate(_ number: UInt32, linked: UInt32) -> UInt32 {
        var current = number
        var length = 0
        while info[current].ancestor >= linked {
            path[length] = current
            length += 1
            current = info[current].ancestor
        }
        let ancestor = info[current].ancestor
        var best = info[current].label
        while length > 0 {
            length -= 1
            let below = path[length]
            var entry = info[below]
            if info[best].semi < info[entry.label].semi { entry.label = best } else { best = entry.label }
            entry.ancestor = ancestor
            info[below] = entry
        }
        return best
    }
}

/// The edges in the opposite direction, by preorder number.
private struct Holders {
    let starts: Column<UInt32>
    let numbers: Column<UInt32>

    init?(_ holds: HoldGraph, _ walk: PreorderWalk) {
        guard let starts = Column<UInt32>(count: walk.reached + 3),
            let numbers = Column<UInt32>(count: holds.targets.count)
        else { return nil }
        (self.starts, self.numbers) = (starts, numbers)
        // The counts are stored two places higher and summed up; filling then moves each start to its final place,
        // which saves a second array of positions.
        for number in (0...walk.reached).dropFirst() {
            for edge in holds.edges(of: walk.vertices[number]) {
                starts[walk.numbers[holds.targets[edge] & HoldGraph.nodeMask] + 2] += 1
            }
        }
        for index in 2..<walk.reached + 3 { starts[index] += starts[index - 1] }
        for number in (0...walk.reached).dropFirst() {
            for edge in holds.edges(of: walk.vertices[number]) {
                let target = walk.numbers[holds.targets[edge] & HoldGraph.nodeMask] + 1
                numbers[starts[target]] = UInt32(number)
                starts[target] += 1
            }
        }
    }
}

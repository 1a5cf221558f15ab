/// Values for half-open ranges of addresses; ranges may nest.
package struct AddressRanges<Value> {
    private struct Range {
        var start: UInt64
        var end: UInt64
        var value: Value
    }

    private var ranges: [Range] = []
    // For each range the highest end so far: it limits how far back a search must go.
    private var reach: [UInt64] = []

    package init() {}

    package mutating func append(from start: UInt64, to end: UInt64, _ value: Value) {
        ranges.append(Range(start: start, end: end, value: value))
    }

    /// Sorts the appended ranges; must be called before a search.
    package mutating func sort() {
        // Of ranges with the same start, the wider one comes first, so that a search backwards finds the inner one
        // first.
        ranges.sort { $0.start == $1.start ? $0.end > $1.end : $0.start < $1.start }
        reach = []
        reach.reserveCapacity(ranges.count)
        for range in ranges {
            reach.append(max(reach.last ?? 0, range.end))
        }
    }

    /// Among the ranges that contain `address`, the value of the one with the largest start.
    package func innermost(containing address: UInt64) -> Value? {
        var position = partitionPoint(in: ranges) { $0.start > address }
        while position > 0, reach[position - 1] > address {
            position -= 1
            if ranges[position].end > address { return ranges[position].value }
        }
        return nil
    }

    /// The value of the first range, by address, that satisfies the predicate.
    package func first(where fits: (Value) -> Bool) -> Value? {
        ranges.first { fits($0.value) }?.value
    }

    /// The values of all ranges that contain `address`, by descending start.
    package func all(containing address: UInt64) -> [Value] {
        var position = partitionPoint(in: ranges) { $0.start > address }
        var found: [Value] = []
        while position > 0, reach[position - 1] > address {
            position -= 1
            if ranges[position].end > address { found.append(ranges[position].value) }
        }
        return found
    }
}

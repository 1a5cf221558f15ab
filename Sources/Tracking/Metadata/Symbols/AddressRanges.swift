/// Values by the half-open ranges of addresses they cover; ranges may nest.
package struct AddressRanges<Value> {
    private struct Range {
        var start: UInt64
        var end: UInt64
        var value: Value
    }

    private var ranges: [Range] = []
    // The highest end up to each range: how far a search has to walk back.
    private var reach: [UInt64] = []

    package init() {}

    package mutating func append(from start: UInt64, to end: UInt64, _ value: Value) {
        ranges.append(Range(start: start, end: end, value: value))
    }

    /// Makes what was appended searchable.
    package mutating func sort() {
        // Of equal starts the wider first, so that walking back meets the inner one first.
        ranges.sort { $0.start == $1.start ? $0.end > $1.end : $0.start < $1.start }
        reach = []
        reach.reserveCapacity(ranges.count)
        for range in ranges {
            reach.append(max(reach.last ?? 0, range.end))
        }
    }

    /// The value of the range that contains `address` and begins last.
    package func innermost(containing address: UInt64) -> Value? {
        var position = partitionPoint(in: ranges) { $0.start > address }
        while position > 0, reach[position - 1] > address {
            position -= 1
            if ranges[position].end > address { return ranges[position].value }
        }
        return nil
    }

    /// The value of the first range, by address, that fits.
    package func first(where fits: (Value) -> Bool) -> Value? {
        ranges.first { fits($0.value) }?.value
    }

    /// The values of all ranges that contain `address`, those that begin last first.
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

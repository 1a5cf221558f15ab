/// Gives a number to each place in call stacks, so that in a long list of stacks each address is named only once.
///
/// A place is an address with its names: the functions inlined there, innermost first, and the function that contains
/// them.
package struct StackPlaces {
    /// Looks up the names of an address, and the interval in which they are valid: from `from` until just before
    /// `until`.
    package typealias Lookup = (_ address: UInt64, _ time: UInt64) -> (frames: [Frame], from: UInt64, until: UInt64)

    private struct Known {
        var place: UInt32
        var from: UInt64
        var until: UInt64
    }

    /// The frames of each place, by its number.
    package private(set) var frames: [[Frame]] = []
    private var known: [UInt64: Known] = [:]
    // The places of addresses that belonged to several images, one after the other.
    private var others: [UInt64: [UInt32]] = [:]
    private let lookup: Lookup

    package init(lookup: @escaping Lookup) {
        self.lookup = lookup
    }

    /// - Parameters:
    ///   - address: A return address.
    ///   - time: A time at which the address was in use, in nanoseconds on the monotonic clock.
    /// - Returns: The number of the place, an index in `frames`.
    package mutating func place(of address: UInt64, at time: UInt64) -> Int {
        if let known = known[address], known.from <= time, time < known.until { return Int(known.place) }
        let (frames, from, until) = lookup(address, time)
        let places = others[address] ?? known[address].map { [$0.place] } ?? []
        let place = places.first { self.frames[Int($0)] == frames } ?? UInt32(self.frames.count)
        if place == self.frames.count {
            self.frames.append(frames)
            if !places.isEmpty { others[address] = places + [place] }
        }
        known[address] = Known(place: place, from: from, until: until)
        return Int(place)
    }
}

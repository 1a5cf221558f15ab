/// Numbers the places that call stacks lead through, so that of a long list of stacks each address is named once.
///
/// A place is an address with its names: the functions inlined there, innermost first, and the one they are part of.
package struct StackPlaces {
    /// The names of an address, and the time for which they hold: from the one moment until before the other.
    package typealias Look = (_ address: UInt64, _ time: UInt64) -> (frames: [Frame], from: UInt64, until: UInt64)

    private struct Known {
        var place: UInt32
        var from: UInt64
        var until: UInt64
    }

    /// By place.
    package private(set) var frames: [[Frame]] = []
    private var known: [UInt64: Known] = [:]
    // Of addresses at which several images lay one after the other.
    private var others: [UInt64: [UInt32]] = [:]
    private let look: Look

    package init(look: @escaping Look) {
        self.look = look
    }

    /// - Parameters:
    ///   - address: A return address.
    ///   - time: When it was one, in nanoseconds on the monotonic clock.
    /// - Returns: The number of its place, an index of `frames`.
    package mutating func place(of address: UInt64, at time: UInt64) -> Int {
        if let known = known[address], known.from <= time, time < known.until { return Int(known.place) }
        let (frames, from, until) = look(address, time)
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

internal import CMemscope

/// A word that refers to a block whose end the core keeps.
struct WatchedReference: Sendable {
    private(set) var reference: VariableReference
    /// The number of the watch; 0: it was stopped.
    private var number: UInt32
    /// Keeps the stacks of the block, once it has ended.
    private var sites: RetainedSites?

    /// A Swift reference's upper bits, and its lower three, may have other meanings.
    private static let addressBits: UInt64 = 0xFFFF_FFFF_FFF8

    enum Failure: Error {
        case noBlock, noPlace
    }

    /// Begins to watch the block that a word points into.
    init(word: UInt64, offset: UInt64) throws(Failure) {
        var block = mscope_block()
        let address = word & Self.addressBits
        guard address != 0, unsafe mscope_find_block(address, &block) else { throw .noBlock }
        number = mscope_watch_block(block.address)
        guard number != 0 else { throw .noBlock }
        guard number != UInt32.max else { throw .noPlace }
        reference = VariableReference(
            offset: offset,
            address: block.address,
            size: block.size,
            birth: block.birth,
            site: block.site
        )
    }

    mutating func stop() {
        if number != 0 { mscope_stop_watching(number) }
        number = 0
    }

    /// Reads what has happened to the block; true if something has.
    mutating func update() -> Bool {
        guard number != 0 else { return false }
        let state = state
        guard state.ended_at != 0 else { return false }
        if state.moved_to != 0, follow(to: state.moved_to) { return true }
        reference.end = BlockEnd(time: state.ended_at, site: state.end_site, thread: state.end_thread)
        sites = RetainedSites([reference.site, state.end_site].filter { $0 != 0 })
        stop()
        return true
    }

    var hasEnded: Bool { reference.end != nil || number != 0 && state.ended_at != 0 }

    func isNewer(than moment: ValueChange.Moment) -> Bool { moment.isBefore(birth: reference.birth) }

    private var state: mscope_watched {
        var state = mscope_watched()
        unsafe mscope_read_watched(number, &state)
        return state
    }

    /// Follows a block to where realloc has put it; false if it has ended there meanwhile.
    private mutating func follow(to address: UInt64) -> Bool {
        var block = mscope_block()
        // The new block has the birth of the old one. Another one may be there by now.
        guard unsafe mscope_find_block(address, &block), block.address == address, block.birth == reference.birth else {
            return false
        }
        let next = mscope_watch_block(address)
        guard next != 0, next != UInt32.max else { return false }
        stop()
        number = next
        (reference.address, reference.size, reference.site) = (address, block.size, block.site)
        return true
    }
}

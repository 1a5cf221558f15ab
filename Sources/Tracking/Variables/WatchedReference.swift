internal import CMemscope

/// A word that refers to a block whose end the core keeps.
struct WatchedReference: Sendable {
    private(set) var reference: VariableReference
    /// The number of the watch; 0: it was stopped.
    private var number: UInt32

    /// A Swift reference's upper bits, and its lower three, may have other meanings.
    private static let addressBits: UInt64 = 0xFFFF_FFFF_FFF8

    /// Begins to watch the block that a word points into; nil when the core knows none, or watches too many.
    init?(word: UInt64, offset: UInt64) {
        var block = mscope_block()
        let address = word & Self.addressBits
        guard address != 0, unsafe mscope_find_block(address, &block) else { return nil }
        number = mscope_watch_block(block.address)
        guard number != 0 else { return nil }
        reference = VariableReference(offset: offset, address: block.address, size: block.size, site: block.site)
    }

    mutating func stop() {
        if number != 0 { mscope_stop_watching(number) }
        number = 0
    }

    /// Reads what has happened to the block.
    mutating func update() {
        guard number != 0 else { return }
        let state = state
        if state.ended_at == 0 {
            if state.size != 0 { reference.size = state.size }
        } else if state.moved_to != 0 {
            follow(to: state.moved_to)
        } else {
            reference.end = BlockEnd(time: state.ended_at, site: state.end_site, thread: state.end_thread)
        }
    }

    var hasEnded: Bool { state.ended_at != 0 }

    /// Whether the block was allocated since a moment.
    func isNewer(than moment: ValueChange.Moment) -> Bool {
        var block = mscope_block()
        return unsafe mscope_find_block(reference.address, &block) && moment.isBefore(birth: block.birth)
    }

    private var state: mscope_watched {
        var state = mscope_watched()
        unsafe mscope_read_watched(number, &state)
        return state
    }

    /// Follows a block to where realloc has put it.
    ///
    /// If it has ended there meanwhile, its end is not known.
    private mutating func follow(to address: UInt64) {
        let next = mscope_watch_block(address)
        guard next != 0 else {
            reference.end = BlockEnd(time: CaptureCore.now, site: 0, thread: 0)
            return stop()
        }
        stop()
        number = next
        reference.address = address
        reference.size = state.size
    }
}

package import Tracking

// Sentences that describe a memory error.

extension MemoryError {
    /// What happened, without the type of the block: "write 4 bytes behind a block of 16 bytes".
    package var title: String {
        switch kind {
        case .useAfterFreeRead: "read of freed memory" + (target.map { ": byte \($0.offset) of \(block)" } ?? "")
        case .useAfterFreeWrite: "write to freed memory" + (target.map { ": byte \($0.offset) of \(block)" } ?? "")
        case .overflow: "\(isRead ? "read" : "write") \(distance) behind \(block)"
        case .underflow: "\(isRead ? "read" : "write") \(distance) before \(block)"
        case .doubleFree: "second \(call) of \(block)"
        case .invalidFree: "\(call) of \(placeWords)"
        case .mismatchedFree: mismatch
        }
    }

    /// Additional information; nil when there is none.
    package var note: String? {
        let notes = [
            guessNote,
            discoveryNote,
            isRefused ? "The \(call) was not passed on, so the program went on unharmed." : nil,
            isFatal ? "The access could not be let pass: the program's own handler, or its end, came next." : nil,
        ]
        let text = notes.compactMap(\.self).joined(separator: " ")
        return text.isEmpty ? nil : text
    }

    private var guessNote: String? {
        guard isGuessed else { return nil }
        return switch kind {
        case .doubleFree: "The block may be an older one than the last at this address, and so may its stacks."
        case .overflow, .underflow:
            "The damage reaches from one block to the next: it may be a write behind the one or before the other."
        default: "The block is the nearest that registers and stack pointed to; it may be another one."
        }
    }

    private var discoveryNote: String? {
        switch discovery {
        case .atOnce: nil
        case .later: "Found by what it left: the access stack is where it was found, not where it happened."
        case .sweep: "Found by what it left, when all memory was looked at: who did it is not known."
        case .exit: "Found by what it left, at the end of the process: who did it is not known."
        }
    }

    private var call: String { isRealloc ? "realloc" : givenFamily == .malloc ? "free" : "delete" }

    /// The distance between the block and the access, in words.
    private var distance: String {
        guard let target else { return "some bytes" }
        let bytes = kind == .overflow ? target.offset - Int64(clamping: target.size) + 1 : -target.offset
        return bytes == 1 ? "1 byte" : "\(bytes) bytes"
    }

    private var block: String {
        guard let size = target?.size else { return "a block" }
        return "a block of \(size) byte\(size == 1 ? "" : "s")"
    }

    private var placeWords: String {
        switch place {
        case .stack: "memory on a stack"
        case .image: "memory of a program or library"
        case .interior: "the inside of a block" + (target.map { ", \($0.offset) bytes from its start" } ?? "")
        case nil: "an address where no block begins"
        }
    }

    private var mismatch: String {
        if let givenSize { return "\(call) with size \(givenSize) of \(block)" }
        return "\(release(givenFamily)) of memory from \((target?.family ?? .malloc).rawValue)"
    }

    private func release(_ family: Family) -> String {
        switch family {
        case .malloc: isRealloc ? "realloc" : "free"
        case .new: "delete"
        case .newArray: "delete[]"
        }
    }
}

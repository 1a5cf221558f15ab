import Glibc
import MemscopeServer

/// The memory errors that `--crimes` commits; they do no harm while every block is checked.
enum Crimes {
    /// Whether they do no harm: with these checks there is room behind each block, and freed blocks are kept.
    static var areHarmless: Bool {
        let checks = unsafe getenv("MEMSCOPE_CHECKS").map { unsafe String(cString: $0) }
        return checks == "full" || checks == "pages"
    }

    /// Writes one byte behind a receipt, frees a till twice, and writes to a note that was freed.
    static func commit() {
        let receipt = unsafe print(receipt: 24)
        unsafe receipt.storeBytes(of: 0x2A, toByteOffset: 24, as: UInt8.self)
        unsafe throwAway(receipt)
        let till = unsafe print(receipt: 40)
        unsafe throwAway(till)
        unsafe throwAway(till)
        let note = unsafe print(receipt: 56)
        unsafe throwAway(note)
        unsafe note.storeBytes(of: 0x2A, toByteOffset: 20, as: UInt8.self)
    }

    @inline(never) private static func print(receipt size: Int) -> UnsafeMutableRawPointer {
        // Without memory, the demo program is of no use.
        unsafe malloc(size)!
    }

    @inline(never) private static func throwAway(_ paper: UnsafeMutableRawPointer) {
        unsafe free(paper)
    }
}

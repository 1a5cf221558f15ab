import Glibc
import MemscopeServer

/// What `--crimes` does wrong with memory, in a way that harms nobody while every block is checked.
enum Crimes {
    /// Whether it is: then there is room behind each block, and freed ones stay.
    static var areHarmless: Bool {
        let checks = unsafe getenv("MEMSCOPE_CHECKS").map { unsafe String(cString: $0) }
        return checks == "full" || checks == "pages"
    }

    /// A receipt that is one byte too long, a till that is closed twice, and a note on paper thrown away.
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
        // The program has no use for itself without memory.
        unsafe malloc(size)!
    }

    @inline(never) private static func throwAway(_ paper: UnsafeMutableRawPointer) {
        unsafe free(paper)
    }
}

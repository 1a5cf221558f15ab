internal import CMemscope

/// Tells which images use the same Swift runtime as MemScope.
///
/// A program may be linked with its own copy of the runtime (`-static-stdlib`), or load one later, and be observed by
/// an engine that has another runtime. The engine's runtime cannot resolve the program's types: it crashes when it is
/// asked for them.
enum SwiftRuntime {
    private static let library = "libswiftCore.so"
    /// An address inside of the runtime that MemScope calls.
    private static let home = unsafe UInt64(unsafeBitCast(Int.self as Any.Type, to: UInt.self))
    private static let linkage = unsafe mscope_image_links(home, library)

    /// Whether MemScope's runtime may be asked about the record at this address in a loaded image.
    static func knows(_ address: UInt64) -> Bool {
        unsafe linkage == mscope_image_links(address, library)
    }
}

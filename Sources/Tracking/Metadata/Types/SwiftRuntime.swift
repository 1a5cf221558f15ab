internal import CMemscope

/// Which images share the Swift runtime that answers our questions.
///
/// A program linked with its own copy of the runtime (`-static-stdlib`), or that loads one later, and is watched by an
/// engine that brings another, has types that ours cannot resolve: asked for them it crashes.
enum SwiftRuntime {
    private static let library = "libswiftCore.so"
    /// An address within the runtime that we call.
    private static let home = unsafe UInt64(unsafeBitCast(Int.self as Any.Type, to: UInt.self))
    private static let linkage = unsafe mscope_image_links(home, library)

    /// Whether our runtime may be asked about what a record at this address, in a loaded image, names.
    static func knows(_ address: UInt64) -> Bool {
        unsafe linkage == mscope_image_links(address, library)
    }
}

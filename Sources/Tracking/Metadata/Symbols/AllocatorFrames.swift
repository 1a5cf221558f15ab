/// Distinguishes allocation functions from the code that requested the memory.
package enum AllocatorFrames {
    private static let cFunctions: Set<String> = [
        "malloc", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc", "posix_memalign", "valloc",
        "pvalloc", "strdup", "strndup", "asprintf", "vasprintf",
    ]
    private static let prefixes = [
        // MemScope's hooks, C++, the Swift runtime, and helper functions of the standard libraries.
        "mscope_", "operator new", "std::", "__gnu_cxx::", "swift::", "swift_slowAlloc", "swift_alloc",
        "_swift_alloc", "swift_bufferAllocate", "swift_initBox", "swift_makeBox",
    ]

    /// Prefixes of the file names of libraries that come with the system or with Swift.
    private static let libraries = [
        "libswift", "lib_Foundation", "libFoundation", "libdispatch", "libBlocksRuntime", "libc.so", "libstdc++",
        "libMemscope", "lib_Internal", "ld-linux",
    ]

    /// Whether a frame only passes on a request for memory.
    ///
    /// Such frames are `malloc` and related functions under any name, C++'s `operator new`, the Swift runtime's
    /// allocation functions, and MemScope's hooks.
    package static func contains(_ frame: Frame) -> Bool {
        let name = frame.function
        let base = name.utf8.drop { $0 == UInt8(ascii: "_") }
        let plain = String(Substring(base))
        return cFunctions.contains(plain) || cFunctions.contains(dropping(prefixesOf: plain))
            || prefixes.contains { name.hasPrefix($0) }
    }

    /// The innermost function of the program on a stack: it requested the memory, and the user can change it.
    ///
    /// - Returns: Nil when all frames belong to libraries.
    package static func maker(in stack: [Frame]) -> Frame? {
        stack.first { frame in
            !contains(frame) && !isLibrary(frame.image) && !isCopied(frame.function) && !frame.function.hasPrefix("0x")
        }
    }

    /// Whether the compiler copied a function from Swift's libraries into the program.
    private static func isCopied(_ function: String) -> Bool {
        function.hasPrefix("reabstraction thunk") || function.contains("(extension in Swift)")
            || ["Swift.", "static Swift."].contains { function.hasPrefix($0) || function.contains(" of " + $0) }
    }

    private static func isLibrary(_ image: String?) -> Bool {
        guard let image else { return true }
        return libraries.contains { image.hasPrefix($0) }
    }

    /// Drops the prefix that allocators give to their functions, as in `je_malloc`, `tc_calloc`, `mi_realloc`,
    /// `libc_memalign`.
    private static func dropping(prefixesOf name: String) -> String {
        for prefix in ["libc_", "je_", "tc_", "mi_"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}

internal import CElfutils

/// Readable names for those the linker sees. Names are cached.
struct Demangler {
    private var cache = BoundedCache<String, String>(capacity: 16_384)

    init() {}

    /// "Demo.Account.deposit(Swift.Int) -> ()" for "$s4Demo…", "f(int)" for "_Z1fi"; a name
    /// that neither Swift nor C++ made, or that is broken, comes back as it is.
    mutating func name(_ mangled: String) -> String {
        if let known = cache.value(for: mangled) { return known }
        let name = Self.demangle(mangled)
        cache.insert(name, for: mangled)
        return name
    }

    /// Whether a function is the part of a Swift async function behind one of its awaits.
    static func isAsyncResume(_ mangled: String) -> Bool {
        guard isSwift(mangled), mangled.hasSuffix("_") else { return false }
        let digits = mangled.utf8.dropLast().reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let operators = mangled.utf8.dropLast(1 + digits.count).suffix(2)
        return !digits.isEmpty && (operators.elementsEqual("TY".utf8) || operators.elementsEqual("TQ".utf8))
    }

    private static func demangle(_ mangled: String) -> String {
        if isSwift(mangled) {
            let name = unsafe swift_demangle(mangled, mangled.utf8.count, nil, nil, 0)
            return unsafe take(name).map(readable) ?? mangled
        }
        if mangled.hasPrefix("_Z") { return unsafe take(memscope_cxa_demangle(mangled)) ?? mangled }
        return mangled
    }

    private static func isSwift(_ mangled: String) -> Bool {
        ["$s", "$S", "_T0", "_$s", "_$S", "@__swiftmacro_"].contains { mangled.hasPrefix($0) }
    }

    /// Swift calls each part of an async function "(2) await resume partial function for f";
    /// a reader looks for `f`, so that comes first and the rest becomes " (resumed)".
    private static func readable(_ name: String) -> String {
        guard name.hasPrefix("("), let marker = name.firstIndex(of: ")") else { return name }
        let rest = name[name.index(after: marker)...]
        for phrase in [" await resume partial function for ", " suspend resume partial function for "] {
            if rest.hasPrefix(phrase) { return rest.dropFirst(phrase.count) + " (resumed)" }
        }
        return name
    }

    /// The text of a string that is ours to free.
    private static func take(_ characters: UnsafeMutablePointer<CChar>?) -> String? {
        guard let characters = unsafe characters else { return nil }
        defer { unsafe free(characters) }
        return unsafe String(cString: characters)
    }
}

internal import CElfutils

/// Turns the linker's names into readable names.
///
/// Names are cached.
package struct Demangler {
    private var cache = BoundedCache<String, String>(capacity: 16_384)

    package init() {}

    /// "Demo.Account.deposit(Swift.Int) -> ()" for "$s4Demo…", "f(int)" for "_Z1fi", "app::load" for
    /// "_RNvC3app4load"; a name that is not from Swift, C++ or Rust, or is malformed, is returned unchanged.
    package mutating func name(_ mangled: String) -> String {
        if let known = cache.value(for: mangled) { return known }
        let name = Self.demangle(mangled)
        cache.insert(name, for: mangled)
        return name
    }

    private static func demangle(_ mangled: String) -> String {
        if isSwift(mangled) {
            let name = unsafe swift_demangle(mangled, mangled.utf8.count, nil, nil, 0)
            return unsafe take(name).map(readable) ?? mangled
        }
        if let name = RustDemangler.name(mangled) { return name }
        if mangled.hasPrefix("_Z") { return unsafe take(memscope_cxa_demangle(mangled)) ?? mangled }
        return mangled
    }

    private static func isSwift(_ mangled: String) -> Bool {
        ["$s", "$S", "_T0", "_$s", "_$S", "@__swiftmacro_"].contains { mangled.hasPrefix($0) }
    }

    /// Puts the name of an async function first: Swift calls each part of it "(2) await resume partial function for f".
    ///
    /// A reader looks for `f`, so the name comes first and the rest becomes " (resumed)".
    private static func readable(_ name: String) -> String {
        let name = withoutDiscriminators(name)
        guard name.hasPrefix("("), let marker = name.firstIndex(of: ")") else { return name }
        let rest = name[name.index(after: marker)...]
        for phrase in [" await resume partial function for ", " suspend resume partial function for "] {
            if rest.hasPrefix(phrase) { return rest.dropFirst(phrase.count) + " (resumed)" }
        }
        return name
    }

    /// Turns "Demo.(load in _5E1…)()" into "Demo.load()".
    ///
    /// The number stands for the file of a private declaration, and a frame shows the file anyway.
    private static func withoutDiscriminators(_ name: String) -> String {
        let marker = Array(" in _".utf8)
        let bytes = Array(name.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let end = position + marker.count + 32
            if end < bytes.count, bytes[position...].starts(with: marker), bytes[end] == UInt8(ascii: ")"),
                bytes[position + marker.count..<end].allSatisfy(isHexadecimal),
                let opening = result.lastIndex(of: UInt8(ascii: "("))
            {
                result.remove(at: opening)
                position = end + 1
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    /// The text of a C string, which is then freed.
    private static func take(_ characters: UnsafeMutablePointer<CChar>?) -> String? {
        guard let characters = unsafe characters else { return nil }
        defer { unsafe free(characters) }
        return unsafe String(cString: characters)
    }
}

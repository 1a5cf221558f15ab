// The part of the model that users see: it hangs off `MemScope`, so that no short name gets into their programs.

extension MemScope {
    /// One function on a call stack, named; inlined functions are frames of their own.
    public struct Frame: Sendable, Hashable, Codable {
        /// Demangled; "0x…" when no name is known.
        public var function: String
        /// The source file; nil when there is no debug information.
        public var file: String?
        /// The line in that file, from 1; nil as for `file`.
        public var line: Int?
        /// File name of the image without folders; nil when the address belongs to none.
        public var image: String?
        /// The return address.
        public var address: UInt64 {
            get { codedAddress.value }
            set { codedAddress.value = newValue }
        }
        private var codedAddress: Hexadecimal
        /// Whether the compiler put the function into its caller.
        public var isInlined: Bool

        package init(
            function: String,
            file: String? = nil,
            line: Int? = nil,
            image: String? = nil,
            address: UInt64 = 0,
            isInlined: Bool = false
        ) {
            self.function = function
            self.file = file
            self.line = line
            self.image = image
            self.codedAddress = Hexadecimal(address)
            self.isInlined = isInlined
        }

        private enum CodingKeys: String, CodingKey {
            case function, file, line, image
            case codedAddress = "address"
            case isInlined = "inlined"
        }
    }

    /// What kind of block a type names; kinds may be added.
    public enum TypeKind: String, Sendable, Hashable, CaseIterable, Codable {
        /// An instance of a class or an actor.
        case `class`
        /// The storage of an array.
        case array
        /// The storage of a dictionary.
        case dictionary
        /// The storage of a set.
        case set
        /// The storage of a string.
        case string
        /// What a closure captured.
        case closure
        /// A captured variable, or a value behind a protocol type.
        case box
        /// A thrown error.
        case error
        /// A Swift task.
        case task
        /// A block literal, as C and libdispatch call closures.
        case block
        /// An object of libdispatch: a queue, a source, a group, work that waits.
        case dispatch
        /// Memory of C or C++ code.
        case c
        /// A block whose beginning says nothing.
        case unknown
    }
}

package typealias Frame = MemScope.Frame
package typealias TypeKind = MemScope.TypeKind
package typealias Quality = MemScope.Quality

// The part of the model that users see. It is nested in `MemScope`, so that no short name gets into users' programs.

extension MemScope {
    /// One function on a call stack; inlined functions are frames of their own.
    public struct Frame: Sendable, Hashable, Codable {
        /// The demangled name; the address as "0x…" when no name is known.
        public var function: String
        /// The path of the source file; nil when there is no debug information.
        public var file: String?
        /// The line in that file, from 1; nil as for `file`.
        public var line: Int?
        /// The file name of the image, without folders; nil when the address belongs to no image.
        public var image: String?
        /// The return address.
        public var address: UInt64 {
            get { codedAddress.value }
            set { codedAddress.value = newValue }
        }
        private var codedAddress: Hexadecimal
        /// Whether the compiler inlined the function into its caller.
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

    /// The kind of block that a type stands for; later versions may add kinds.
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
        /// The captured values of a closure.
        case closure
        /// A captured variable, or a value of a protocol type.
        case box
        /// A thrown error.
        case error
        /// A Swift task.
        case task
        /// A block literal, which is a closure of C or libdispatch.
        case block
        /// An object of libdispatch: a queue, a source, a group, work that waits.
        case dispatch
        /// Memory of C or C++ code.
        case c
        /// A block whose first words have no known meaning.
        case unknown
    }
}

package typealias Frame = MemScope.Frame
package typealias TypeKind = MemScope.TypeKind
package typealias Quality = MemScope.Quality

/// Live objects of each kind, to test whether this runtime lays them out as expected.
struct TypeReaderSamples {
    private final class Plain { var value = 1 }
    private final class Generic<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }
    // A struct, because a closure changes its form when it is passed as a generic value.
    private struct Closure { var call: () -> Int }

    private let plain = Plain()
    private let generic: Generic<[String: Int]>
    private let array: [Int]
    private let string: String
    private let closure: Closure
    private let box: Closure

    /// - Parameter seed: Any number; it prevents the compiler from computing the samples in advance.
    init(seed: Int) {
        generic = Generic(["seed": seed])
        array = Array(repeating: seed, count: 8)
        string = String(repeating: "s", count: 32 + seed & 7)
        let shared = plain
        closure = Closure { seed &+ shared.value }
        var latest = shared
        box = Closure {
            latest = Plain()
            return latest.value
        }
    }

    /// Describes the first sample that the reader gets wrong; nil when there is none.
    func failure(of reader: inout TypeReader, isImage: (UInt64) -> Bool) -> String? {
        let samples = all
        let blocks = samples.map { Block(address: $0.address, size: 64) }
        let read = withExtendedLifetime(self) { reader.classify(blocks, isImage: isImage) { _ in "C" } }
        for (index, sample) in samples.enumerated() {
            let type = read[index]
            guard type.kind == sample.kind, type.name.hasSuffix(sample.suffix) else {
                return "self-test: an object of kind \(sample.kind.rawValue) was read as \(type.kind.rawValue) "
                    + "\"\(type.name)\", so this Swift runtime lays objects out in a way that is not known here"
            }
        }
        return nil
    }

    private var all: [(address: UInt64, kind: TypeKind, suffix: String)] {
        let stringObject = unsafe unsafeBitCast(string, to: (UInt64, UInt64).self).1
        return unsafe [
            (Self.address(plain), .class, "Plain"),
            (Self.address(generic), .class, "Generic<Dictionary<String, Int>>"),
            (UInt64(unsafeBitCast(array, to: UInt.self)), .array, "Array<Int>"),
            // The top four bits give the kind of the string.
            (stringObject & 0x0FFF_FFFF_FFFF_FFFF, .string, "String"),
            (UInt64(unsafeBitCast(closure, to: (UInt, UInt).self).1), .closure, ""),
            (UInt64(unsafeBitCast(box, to: (UInt, UInt).self).1), .box, ""),
        ]
    }

    private static func address(_ object: AnyObject) -> UInt64 {
        unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
    }
}

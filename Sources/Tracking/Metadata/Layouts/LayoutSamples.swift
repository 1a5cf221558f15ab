/// Live objects with known words, to test whether the layouts find these words in the right place.
struct LayoutSamples {
    /// A word that the layout of a block must contain.
    private struct Sample {
        var part: LayoutPart
        var block: UInt64
        var name: String
        var kind: EdgeKind
        /// The expected value of the word; nil where only its kind is tested.
        var target: UInt64?
    }

    private final class Target { var value = 1 }
    private enum Choice { case none, some(Int, Target), text(String) }
    private struct Inner {
        var number = 1
        var target: Target
    }
    private class Base<Value> {
        var value: Value
        weak var distant: Target?
        unowned var owner: Target
        unowned(unsafe) var branch: Target
        init(_ value: Value, _ target: Target) {
            self.value = value
            (distant, owner) = (target, target)
            unsafe branch = target
        }
    }
    private final class Whole: Base<Inner> {
        var own: Target
        var choice: Choice
        var maybe: Target?
        var anything: Any
        var call: () -> Int
        override init(_ value: Inner, _ target: Target) {
            (own, maybe, anything, choice) = (target, target, target, .some(2, target))
            let number = value.number
            call = { number &+ target.value }
            super.init(value, target)
        }
    }
    // `@unchecked Sendable`: errors must be Sendable; this one never leaves the thread that makes it.
    private struct Failure: Error, @unchecked Sendable { var code = 1, target: Target }
    // Structs for a closure and an error, because these change their form when they are passed as generic values.
    private struct Closure { var call: () -> Int }
    private struct AnyFailure { var error: any Error }

    private let target: Target
    private let whole: Whole
    private let array: [Inner]
    private let dictionary: [Int: Target]
    private let closure: Closure
    private let box: Closure
    private let failure: AnyFailure

    /// - Parameter seed: Any number; it prevents the compiler from computing the samples in advance.
    init(seed: Int) {
        let target = Target()
        self.target = target
        whole = Whole(Inner(number: seed, target: target), target)
        array = Array(repeating: Inner(number: seed, target: target), count: 2)
        dictionary = [seed: target]
        closure = Closure { seed &+ target.value }
        var latest = target
        box = Closure {
            latest = Target()
            return latest.value
        }
        failure = AnyFailure(error: Failure(code: seed, target: target))
    }

    /// Turns off each part that the readers get wrong.
    func test(_ readers: inout MetadataReaders, isImage: @escaping (UInt64) -> Bool) {
        for sample in all where !readers.layouts.disabled.contains(sample.part) {
            guard let problem = problem(with: sample, &readers, isImage) else { continue }
            readers.layouts.disable(sample.part, because: problem)
        }
        withExtendedLifetime(self) {}
    }

    private func problem(
        with sample: Sample,
        _ readers: inout MetadataReaders,
        _ isImage: @escaping (UInt64) -> Bool
    ) -> String? {
        let what = "self-test: \(sample.part.rawValue) are read as words without meaning, as \"\(sample.name)\""
        guard let words = SafeMemory.words(from: sample.block, count: 2) else { return what + " could not be read" }
        // 1024 is larger than every sample's block; a tail of other words does no harm.
        let node = HeapNode(address: sample.block, size: 1024, word0: words[0], word1: words[1])
        var typer = NodeTyper(memory: ScanMemory(), readers: readers, isImage: isImage) { _ in "C" }
        let place = Int(typer.place(of: node))
        let layout = typer.layouts[place]
        readers = typer.finish()
        for offset in stride(from: UInt64(16), to: 512, by: 8) where layout?.name(at: offset) == sample.name {
            guard let word = SafeMemory.word(at: sample.block + offset), layout?.kind(at: offset) == sample.kind,
                sample.target == nil || word == sample.target
            else { return what + " is not where this Swift runtime was expected to keep it" }
            return nil
        }
        return what + " was not found in this Swift runtime's metadata"
    }

    private var all: [Sample] {
        let object = Self.address(target)
        let whole = Self.address(whole)
        let storage = unsafe UInt64(unsafeBitCast(array, to: UInt.self))
        let table = unsafe UInt64(unsafeBitCast(dictionary, to: UInt.self))
        let context = unsafe UInt64(unsafeBitCast(closure, to: (UInt, UInt).self).1)
        let shared = unsafe UInt64(unsafeBitCast(box, to: (UInt, UInt).self).1)
        let error = unsafe UInt64(unsafeBitCast(failure, to: UInt.self))
        return [
            Sample(part: .classes, block: whole, name: "own", kind: .strong, target: object),
            Sample(part: .classes, block: whole, name: "value.target", kind: .strong, target: object),
            Sample(part: .classes, block: whole, name: "maybe", kind: .strong, target: object),
            Sample(part: .references, block: whole, name: "distant", kind: .weak, target: nil),
            Sample(part: .references, block: whole, name: "owner", kind: .unowned, target: object),
            Sample(part: .references, block: whole, name: "branch", kind: .unmanaged, target: object),
            Sample(part: .enums, block: whole, name: "choice", kind: .strong, target: object),
            Sample(part: .existentials, block: whole, name: "anything", kind: .strong, target: object),
            Sample(part: .functions, block: whole, name: "call", kind: .strong, target: nil),
            Sample(part: .arrays, block: storage, name: "[1].target", kind: .strong, target: object),
            Sample(part: .tables, block: table, name: "values[\(bucket)]", kind: .strong, target: object),
            Sample(part: .captures, block: context, name: "capture 1", kind: .strong, target: object),
            Sample(part: .captures, block: shared, name: "value", kind: .strong, target: object),
            Sample(part: .errors, block: error, name: "error.target", kind: .strong, target: object),
        ]
    }

    /// The bucket in which the dictionary keeps its only element.
    private var bucket: Int {
        let table = unsafe UInt64(unsafeBitCast(dictionary, to: UInt.self))
        let map = SafeMemory.word(at: table + StorageLayout.dictionaryStart) ?? 0
        let scale = SafeMemory.word(at: table + StorageLayout.scaleOffset).map { $0 & 0xFF } ?? 0
        // The bits behind the last bucket are set, although there are no such buckets.
        return scale < 6 ? (map & (1 << (1 << scale) - 1)).trailingZeroBitCount : map.trailingZeroBitCount
    }

    private static func address(_ object: AnyObject) -> UInt64 {
        unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
    }
}

/// What a tracked property has beside its value. When it goes, the variable ends.
//
// `@unchecked Sendable`: after init, `words` changes only while one property has the object, by the code that changes
// the property.
@usableFromInline final class TrackedVariable: @unchecked Sendable {
    let name: String?
    let place: SourcePlace
    private var id: UInt32 = 0
    private var words: [UInt64]
    /// The first one; 0 without words.
    @usableFromInline private(set) var firstWord: UInt64

    init<Value>(_ name: String?, _ value: Value, at place: SourcePlace) {
        (self.name, self.place) = (name, place)
        let sample = CaptureCore.asOwnThread { ValueSample(value) }
        words = ValueSample.mayRefer(Value.self) ? sample.words : []
        firstWord = words.first ?? 0
        id = TrackedVariables.add(name, sample, at: place, of: self)
    }

    @usableFromInline deinit { TrackedVariables.end(id) }

    @usableFromInline func isSame<Value>(as value: Value) -> Bool { ValueSample.isSame(words, as: value) }

    /// Notes another value; false when the variable is not known any more.
    func change<Value>(to value: Value, _ change: ValueChange) -> Bool {
        words = CaptureCore.asOwnThread { ValueSample.words(of: value) }
        firstWord = words.first ?? 0
        return id == 0 || TrackedVariables.change(id, to: words, change)
    }
}

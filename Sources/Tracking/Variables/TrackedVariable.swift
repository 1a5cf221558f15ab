/// What a tracked property has beside its value. When it goes, the variable ends.
//
// `@unchecked Sendable`: `words` changes only while one property has the object, by the code that changes the property.
final class TrackedVariable: @unchecked Sendable {
    let name: String
    let place: SourcePlace
    private let id: UInt32
    private var words: [UInt64]

    init<Value>(_ name: String, _ value: Value, at place: SourcePlace) {
        (self.name, self.place) = (name, place)
        let sample = CaptureCore.asOwnThread { ValueSample(value) }
        words = ValueSample.mayRefer(Value.self) ? sample.words : []
        id = TrackedVariables.add(name, sample, at: place, follows: true)
    }

    deinit { TrackedVariables.end(id) }

    func isSame<Value>(as value: Value) -> Bool { ValueSample.isSame(words, as: value) }

    /// Notes another value; false when the variable is not known any more.
    func change<Value>(to value: Value, _ change: ValueChange) -> Bool {
        words = CaptureCore.asOwnThread { ValueSample.words(of: value) }
        return id == 0 || TrackedVariables.change(id, to: words, change)
    }
}

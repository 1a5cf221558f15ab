/// What a tracked property has beside its value. When it goes, the variable ends.
//
// `@unchecked Sendable`: after init, `words` changes only while one property has the object, by the code that changes
// the property.
@usableFromInline final class TrackedVariable: @unchecked Sendable {
    let name: String?
    let place: SourcePlace
    /// A forked child does not know its parent's variables.
    private let generation = ForkGeneration()
    private var id: UInt32 = 0
    private var words: HiddenWords
    /// The first word with all bits turned; all are 0 where values refer to nothing.
    @usableFromInline private(set) var firstTurned: UInt64

    init<Value>(_ name: String?, _ value: Value, at place: SourcePlace) {
        (self.name, self.place) = (name, place)
        let sample = CaptureCore.asOwnThread { ValueSample(value) }
        words = sample.words
        firstTurned = words.firstTurned
        id = TrackedVariables.add(name, sample, at: place, of: self)
    }

    /// A variable of its own for a copied property, before it is changed to `value`.
    init<Value>(copyOf other: TrackedVariable, _ value: Value) {
        (name, place) = (other.name, other.place)
        var sample = CaptureCore.asOwnThread { ValueSample(value) }
        sample.words = other.words
        words = sample.words
        firstTurned = words.firstTurned
        id = TrackedVariables.add(name, sample, at: place, of: self)
    }

    @usableFromInline deinit {
        if isKnown { TrackedVariables.end(id) }
    }

    private var isKnown: Bool { id != 0 && generation.isCurrent }

    /// Whether a value consists of the same words as before.
    @usableFromInline func isSame<Value>(as value: Value) -> Bool { words.isSame(as: value) }

    /// Notes another value; false when the variable is not known any more.
    func change<Value>(to value: Value, _ change: ValueChange) -> Bool {
        let next = CaptureCore.asOwnThread { HiddenWords(of: value) }
        let isElsewhere = next.refersElsewhere(than: words)
        words = next
        firstTurned = words.firstTurned
        guard isElsewhere else { return true }
        return id == 0 && generation.isCurrent || isKnown && TrackedVariables.change(id, to: words, change)
    }
}

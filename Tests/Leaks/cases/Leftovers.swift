// What memory was before is still in it: behind the elements of an array, in empty buckets, behind the characters of a
// string, in the words that the present case of an enum does not need. It holds nothing.

let leftoverCases: [(name: String, run: () -> Void)] = [
    ("clean-behind-characters", BehindCharacters.clean), ("lost-behind-characters", BehindCharacters.lost),
    ("clean-behind-count", BehindCount.clean), ("lost-behind-count", BehindCount.lost),
    ("lost-in-emptied-array", EmptiedArray.run),
    ("clean-in-empty-buckets", EmptyBuckets.clean), ("lost-in-empty-buckets", EmptyBuckets.lost),
    ("lost-in-empty-set", EmptySet.run), ("clean-behind-number", BehindNumber.clean),
    ("lost-behind-number", BehindNumber.lost), ("lost-in-other-case", OtherCase.run),
    ("lost-in-gone-value", GoneValue.run), ("lost-through-stream", ThroughStream.run),
    ("clean-with-breadcrumbs", Breadcrumbs.run),
]

nonisolated(unsafe) private var kept: [AnyObject] = []

final class Lost {
    var number = 1
}

/// Fills free blocks of all sizes up to a kilobyte with the address of an object.
@inline(never) private func leave(_ object: AnyObject) {
    let word = UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())
    var blocks: [UnsafeMutablePointer<UInt>] = []
    for words in 2..<128 {
        let block = UnsafeMutablePointer<UInt>.allocate(capacity: words)
        block.update(repeating: word, count: words)
        blocks.append(block)
    }
    for block in blocks { block.deallocate() }
}

/// Makes twenty holders whose memory was filled with their own address, or with that of an object that is lost.
///
/// One more comes first: with a type's first use the runtime's own tables grow, into whatever malloc gives them.
@inline(never) private func make<Holder: AnyObject>(_ new: () -> Holder, lost: Bool, fill: (Holder, Int) -> Void) {
    fill(new(), 0)
    for number in 0..<20 {
        let holder = new()
        if lost {
            leaveLost()
        } else {
            leave(holder)
        }
        fill(holder, number)
        kept.append(holder)
    }
}

@inline(never) private func leaveLost() {
    let object = Lost()
    _ = Unmanaged.passRetained(object)
    leave(object)
}

enum BehindCharacters {
    final class Owner { var title = "" }
    @inline(never) static func fill(_ owner: Owner, _ number: Int) { owner.title = "customer number \(number)" }
    @inline(never) static func clean() { make(Owner.init, lost: false, fill: fill) }
    @inline(never) static func lost() { make(Owner.init, lost: true, fill: fill) }
}

/// What a stream has given out is still in its buffer.
enum ThroughStream {
    final class Keeper: @unchecked Sendable {
        let stream: AsyncStream<Item>
        let continuation: AsyncStream<Item>.Continuation
        init() { (stream, continuation) = AsyncStream.makeStream() }
    }
    final class Item: Sendable {}

    @inline(never) static func run() {
        for _ in 0..<20 {
            let keeper = Keeper()
            kept.append(keeper)
            keeper.continuation.yield(Unmanaged.passRetained(Item()).takeUnretainedValue())
            Task.detached {
                var iterator = keeper.stream.makeAsyncIterator()
                show(await iterator.next())
                reached.signal()
            }
            reached.wait()
        }
        usleepForThreads()
        clobberPool()
    }
}

enum BehindCount {
    final class Log { var lines: [String] = [] }
    @inline(never) static func fill(_ log: Log, _ number: Int) {
        for line in 0..<17 { log.lines.append("line \(line) of log number \(number), long enough to be stored apart") }
    }
    @inline(never) static func clean() { make(Log.init, lost: false, fill: fill) }
    @inline(never) static func lost() { make(Log.init, lost: true, fill: fill) }
}

/// Its elements were objects once.
enum EmptiedArray {
    final class Pool { var objects: [Lost] = [] }

    @inline(never) static func run() {
        make(Pool.init, lost: true) { pool, _ in
            pool.objects = [Lost(), Lost(), Lost()]
            pool.objects.removeAll(keepingCapacity: true)
        }
    }
}

enum EmptyBuckets {
    final class Index { var entries: [Int: Lost] = [:] }
    @inline(never) static func fill(_ index: Index, _ number: Int) {
        for key in 0..<5 { index.entries[key] = Lost() }
        index.entries[number % 5] = nil
    }
    @inline(never) static func clean() { make(Index.init, lost: false, fill: fill) }
    @inline(never) static func lost() { make(Index.init, lost: true, fill: fill) }
}

enum EmptySet {
    final class Names { var all: Set<String> = [] }

    @inline(never) static func run() {
        make(Names.init, lost: true) { names, number in
            for name in 0..<3 { names.all.insert("the name of somebody, \(name) of \(number)") }
        }
    }
}

/// A number needs one of the three words of an existential.
enum BehindNumber {
    struct Three { var one: AnyObject, two: AnyObject, three: AnyObject }
    final class Setting {
        var value: Any
        init(_ object: AnyObject) { value = Three(one: object, two: object, three: object) }
    }
    final class Place { var setting: Setting? }

    @inline(never) static func clean() {
        make(Place.init, lost: false) { place, number in
            place.setting = Setting(place)
            place.setting?.value = number
        }
    }

    @inline(never) static func lost() {
        make(Place.init, lost: false) { place, number in
            place.setting = Setting(Unmanaged.passRetained(Lost()).takeUnretainedValue())
            place.setting?.value = number
        }
    }
}

enum OtherCase {
    enum State {
        case idle
        case running(Lost, Lost)
        case waiting(Int)
    }
    final class Machine { var state = State.idle }

    @inline(never) static func run() {
        make(Machine.init, lost: false) { machine, number in
            let object = Unmanaged.passRetained(Lost()).takeUnretainedValue()
            machine.state = .running(object, object)
            machine.state = .waiting(number)
        }
    }
}

enum GoneValue {
    struct Route { var number: Int, from: Lost, to: Lost }
    final class Trip { var route: Route? }

    @inline(never) static func run() {
        make(Trip.init, lost: false) { trip, number in
            let object = Unmanaged.passRetained(Lost()).takeUnretainedValue()
            trip.route = Route(number: number, from: object, to: object)
            trip.route = nil
        }
    }
}

/// The index of a long text's characters is held by the text alone.
enum Breadcrumbs {
    final class Page { var text = "" }

    @inline(never) static func run() {
        make(Page.init, lost: false) { page, number in
            page.text = String(repeating: "äöü", count: 100 + number)
            show(page.text.utf16.index(page.text.utf16.startIndex, offsetBy: 200))
        }
    }
}

import Testing
import Tracking

@Suite("Bounded cache") struct BoundedCacheTests {
    @Test("It never holds more than twice its capacity") func bound() {
        var cache = BoundedCache<Int, Int>(capacity: 10)
        for key in 0..<1000 {
            cache.insert(key, for: key)
            #expect(cache.count <= 20)
            #expect(cache.value(for: key) == key)
        }
        #expect(cache.value(for: 0) == nil)
    }

    @Test("What is used again is kept") func used() {
        var cache = BoundedCache<Int, String>(capacity: 10)
        cache.insert("kept", for: -1)
        for key in 0..<200 {
            cache.insert("passing", for: key)
            #expect(cache.value(for: -1) == "kept")
        }
        cache.removeAll()
        #expect(cache.value(for: -1) == nil)
        #expect(cache.count == 0)
    }
}

@Suite("Address ranges") struct AddressRangesTests {
    @Test("Every look-up agrees with a look at all ranges") func agreesWithSearch() {
        var generator = SplitMix(state: 3)
        var ranges = AddressRanges<Int>()
        var all: [(start: UInt64, end: UInt64)] = []
        for index in 0..<300 {
            let start = generator.next() % 5000
            let end = start + 1 + generator.next() % 100
            all.append((start, end))
            ranges.append(from: start, to: end, index)
        }
        ranges.sort()
        for address in 0..<UInt64(5200) {
            let covering = all.indices.filter { all[$0].start <= address && address < all[$0].end }
            #expect(ranges.all(containing: address).sorted() == covering)
            let innermost = ranges.innermost(containing: address)
            #expect(innermost.map { all[$0].start } == covering.map { all[$0].start }.max())
        }
    }
}

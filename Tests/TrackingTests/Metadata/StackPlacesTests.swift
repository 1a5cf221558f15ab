import Testing
import Tracking

@Suite("Places of stacks") struct StackPlacesTests {
    @Test("An address is named once for as long as its names hold, and again after that") func once() {
        let looks = Looks()
        var places = StackPlaces { address, time in
            looks.count += 1
            return ([Frame(function: "f\(address)")], time / 10 * 10, time / 10 * 10 + 10)
        }
        for time in 0..<10 as Range<UInt64> {
            for address in 1...3 as ClosedRange<UInt64> {
                #expect(places.place(of: address, at: time) == Int(address) - 1)
            }
        }
        #expect(looks.count == 3)
        // The same names are the same place, whenever they are found.
        #expect(places.place(of: 2, at: 15) == 1)
        #expect(looks.count == 4)
        #expect(places.frames.map { $0[0].function } == ["f1", "f2", "f3"])
    }

    @Test("Where images took one another's place, each name is a place, however often they come in turn") func turns() {
        var places = StackPlaces { address, time in ([Frame(function: "f\(time % 3)")], time, time) }
        let numbers = (0..<30).map { places.place(of: 7, at: $0) }
        #expect(numbers == (0..<30).map { $0 % 3 })
        #expect(places.frames.count == 3)
    }

    @Test("A store names addresses as it names stacks") func ofStore() {
        let store = MetadataStore()
        store.refresh()
        var places = store.places()
        let sites = CaptureCore.sites().prefix(200)
        #expect(sites.count > 50)
        for site in sites {
            let frames = site.addresses.flatMap { { places.frames[$0] }(places.place(of: $0, at: site.firstSeen)) }
            #expect(frames == store.symbolize(stack: site.addresses, at: site.firstSeen))
        }
    }
}

private final class Looks {
    var count = 0
}

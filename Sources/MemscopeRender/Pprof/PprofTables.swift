import MemscopeAnalysis
import Tracking

/// The strings, functions, mappings and locations of a profile, each stored once and referred to by its number.
struct PprofTables {
    private struct Function: Hashable {
        var name: String
        var file: String
    }

    /// One of the functions at an instruction, with the line in it.
    private struct Line: Hashable {
        var function: UInt64
        var line: Int
    }

    private struct Location: Hashable {
        var mapping: UInt64
        var address: UInt64
        /// Innermost first; empty when the address has no name.
        var lines: [Line]
    }

    private var strings = Interned<String>()
    private var functions = Interned<Function>()
    private var locations = Interned<Location>()
    private var places: StackPlaces
    /// The location of each place, by the number of the place.
    private var locationOfPlace: [UInt64] = []
    private let images: [Image]

    /// - Parameters:
    ///   - images: The program itself must be first, as pprof expects.
    ///   - places: Names addresses.
    init(images: [Image], places: StackPlaces) {
        self.images = images
        self.places = places
        // The first entry of the table must be the empty string.
        _ = strings.id(of: "")
    }

    mutating func string(_ text: String) -> UInt64 {
        strings.id(of: text) - 1
    }

    /// The numbers of a stack's locations, innermost first: one for each address.
    mutating func locationIDs(of site: Site) -> [UInt64] {
        // pprof does not count a sample without a location, so the total would be wrong.
        guard !site.addresses.isEmpty else { return [locationID(of: [Frame(function: FlameGraph.noStackName)], at: 0)] }
        return site.addresses.map { address in
            let place = places.place(of: address, at: site.firstSeen)
            while locationOfPlace.count <= place { locationOfPlace.append(0) }
            if locationOfPlace[place] == 0 {
                locationOfPlace[place] = locationID(of: places.frames[place], at: address)
            }
            return locationOfPlace[place]
        }
    }

    private mutating func locationID(of frames: [Frame], at address: UInt64) -> UInt64 {
        let lines = frames.filter { !$0.isUnnamed }.map { line(of: $0) }
        let mapping = imageIndex(at: address, named: frames.last?.image).map { UInt64($0) + 1 } ?? 0
        return locations.id(of: Location(mapping: mapping, address: address, lines: lines))
    }

    private mutating func line(of frame: Frame) -> Line {
        let function = Function(name: frame.function, file: frame.file ?? "")
        return Line(function: functions.id(of: function), line: frame.line ?? 0)
    }

    /// The mapping of an address; a mapped image has priority, because it may have replaced an unloaded library.
    ///
    /// An address whose image is not known has no mapping, whatever image is there now.
    private func imageIndex(at address: UInt64, named name: String?) -> Int? {
        func matches(_ image: Image) -> Bool { image.covers(address) && image.name == name }
        guard name != nil else { return nil }
        return images.firstIndex { matches($0) && $0.unloadedAt == nil } ?? images.lastIndex(where: matches)
    }

    /// Writes all tables; nothing may be added afterwards.
    mutating func write(to profile: inout ProtobufWriter) {
        for (index, image) in images.enumerated() { write(image, index, to: &profile) }
        for (index, location) in locations.values.enumerated() {
            profile.field(4) { message in
                message.field(1, UInt64(index) + 1)
                message.field(2, location.mapping)
                message.field(3, location.address)
                for line in location.lines {
                    message.field(4) { inner in
                        inner.field(1, line.function)
                        inner.field(2, Int64(line.line))
                    }
                }
            }
        }
        for (index, function) in functions.values.enumerated() {
            let (name, file) = (string(function.name), string(function.file))
            profile.field(5) { message in
                message.field(1, UInt64(index) + 1)
                message.field(2, name)
                message.field(3, name)
                message.field(4, file)
            }
        }
        for text in strings.values { profile.field(6, text) }
    }

    private mutating func write(_ image: Image, _ index: Int, to profile: inout ProtobufWriter) {
        let (path, buildID) = (string(image.path), string(image.buildID))
        profile.field(3) { message in
            message.field(1, UInt64(index) + 1)
            message.field(2, image.start)
            message.field(3, image.end)
            message.field(5, path)
            message.field(6, buildID)
            // "Has functions, files, lines, inlined": also true for images without names. Otherwise pprof requests
            // /debug/pprof/symbol, and rejects the whole profile when that is not answered.
            for flag: UInt8 in 7...10 { message.field(flag, true) }
        }
    }
}

/// Gives numbers from 1 to distinct values, in the order of their first use.
struct Interned<Value: Hashable> {
    private(set) var values: [Value] = []
    private var ids: [Value: UInt64] = [:]

    mutating func id(of value: Value) -> UInt64 {
        if let known = ids[value] { return known }
        values.append(value)
        ids[value] = UInt64(values.count)
        return UInt64(values.count)
    }
}

extension Frame {
    /// Whether the symbolizer found no name and wrote the address instead; pprof shows the address by itself.
    fileprivate var isUnnamed: Bool { function.hasPrefix("0x") }
}

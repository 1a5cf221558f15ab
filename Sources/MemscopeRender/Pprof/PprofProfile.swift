import MemscopeAnalysis
package import Tracking

/// A heap profile in the format of `go tool pprof`, not yet compressed.
///
/// The sample types are those of Go's heap profile, so that its tools select and label them correctly without options.
///
/// - SeeAlso: https://github.com/google/pprof/blob/main/proto/profile.proto
package struct PprofProfile {
    /// The figure that pprof shows by default.
    package enum Focus: String, Sendable, CaseIterable {
        /// The live blocks: `/debug/pprof/heap`.
        case heap = "inuse_space"
        /// All blocks that were ever allocated: `/debug/pprof/allocs`.
        case allocs = "alloc_space"
    }

    private static let sampleTypes = [
        ("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"),
    ]

    /// Encodes a profile.
    ///
    /// - Parameters:
    ///   - sites: Call stacks with their counters; those without allocations are left out.
    ///   - images: All mapped images, the program itself first.
    ///   - focus: The default sample type.
    ///   - sampleInterval: Mean distance between samples in bytes, 1 when everything was measured. The values are
    ///     already estimates of the whole; pprof must not scale them, and does not.
    ///   - unixTime: The time of the profile, in nanoseconds since 1970.
    ///   - comments: Free text that `pprof -comments` shows.
    ///   - places: Names the addresses of the stacks.
    /// - Returns: A `perftools.profiles.Profile` message.
    package static func encode(
        sites: [Site],
        images: [Image],
        focus: Focus,
        sampleInterval: UInt64,
        unixTime: UInt64,
        comments: [String] = [],
        places: StackPlaces
    ) -> [UInt8] {
        var tables = PprofTables(images: images, places: places)
        var profile = ProtobufWriter()
        for (type, unit) in sampleTypes { profile.valueType(1, tables.string(type), tables.string(unit)) }
        for site in sites where site.counts.allocations > 0 || site.counts.liveBlocks > 0 {
            sample(of: site, tables: &tables, to: &profile)
        }
        profile.field(9, unixTime)
        profile.valueType(11, tables.string("space"), tables.string("bytes"))
        profile.field(12, sampleInterval)
        profile.field(13, packed: comments.map { tables.string($0) })
        profile.field(14, tables.string(focus.rawValue))
        tables.write(to: &profile)
        return profile.bytes
    }

    private static func sample(of site: Site, tables: inout PprofTables, to profile: inout ProtobufWriter) {
        let locations = tables.locationIDs(of: site)
        let (key, quality) = (tables.string("stack"), tables.string(site.quality.rawValue))
        profile.field(2) { message in
            message.field(1, packed: locations)
            message.field(
                2,
                packed: [
                    site.counts.allocations, site.counts.allocatedBytes, site.counts.liveBlocks, site.counts.liveBytes,
                ]
            )
            guard site.quality != .exact else { return }
            message.field(3) { label in
                label.field(1, key)
                label.field(2, quality)
            }
        }
    }
}

extension ProtobufWriter {
    fileprivate mutating func valueType(_ number: UInt8, _ type: UInt64, _ unit: UInt64) {
        field(number) { message in
            message.field(1, type)
            message.field(2, unit)
        }
    }
}

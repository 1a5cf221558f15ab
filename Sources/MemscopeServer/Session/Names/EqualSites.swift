package import Tracking

/// Finds call stacks with the same names: for example, an unrolled loop calls from several addresses of one line.
///
/// The site that stands for all of them does not change while the process runs, so that a row of a list keeps its
/// identity.
package struct EqualSites {
    private var representatives: [UInt32: UInt32] = [:]
    private var siteOfNames: [UInt64: UInt32] = [:]

    package init() {}

    /// The first site that was looked up with the same functions, files, lines and images, frame by frame.
    ///
    /// `stack` is called once per site.
    package mutating func representative(of site: UInt32, stack: (UInt32) -> [Frame]) -> UInt32 {
        if let known = representatives[site] { return known }
        let frames = stack(site)
        guard !frames.isEmpty else { return site }
        let names = Self.fingerprint(frames)
        let representative = siteOfNames[names] ?? site
        siteOfNames[names] = representative
        representatives[site] = representative
        return representative
    }

    /// Forgets the sites that were recycled: their ids are not used again.
    ///
    /// Where the recycled site stood for others, the next one that is looked up stands for them.
    package mutating func keep(where isKnown: (UInt32) -> Bool) {
        siteOfNames = siteOfNames.filter { isKnown($0.value) }
        representatives = representatives.filter { isKnown($0.key) && isKnown($0.value) }
    }

    /// A 64-bit FNV-1a hash: among 100,000 stacks, two have the same hash by chance in one of a billion processes.
    private static func fingerprint(_ frames: [Frame]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String?) {
            // A byte that is in no text separates the texts; another such byte stands for nil.
            for byte in text?.utf8 ?? "\u{1}".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        for frame in frames {
            add(frame.function)
            add(frame.file)
            add(frame.line.map(String.init))
            add(frame.image)
        }
        return hash
    }
}

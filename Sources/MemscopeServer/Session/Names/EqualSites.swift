package import Tracking

/// Call stacks that read the same: an unrolled loop calls from several places of one line.
///
/// Which of them stands for all does not change while the process runs, so that a row stays the same row.
package struct EqualSites {
    private var representatives: [UInt32: UInt32] = [:]
    private var siteOfNames: [UInt64: UInt32] = [:]

    package init() {}

    /// The first site that was asked for with the same functions, files, lines and images, frame by frame.
    ///
    /// `stack` is asked for once per site.
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

    /// 64-bit FNV-1a: of 100,000 stacks two have one by chance once in a billion processes.
    private static func fingerprint(_ frames: [Frame]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String?) {
            // A byte that no text has separates them, another stands for none.
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

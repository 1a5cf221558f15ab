internal import CMemscope

/// Every ELF file that is or was mapped, found by address and time.
///
/// Two images never have the same address at the same time, but an image may be loaded where another was unloaded: so
/// an address alone does not identify an image.
package struct ImageTable: Sendable {
    /// The program first, the others in any order.
    package private(set) var images: [Image] = []
    // Positions in `images` by ascending start, and for each of them the highest end so far: a search goes back only as
    // far as an image could reach.
    private var order: [Int] = []
    private var reach: [UInt64] = []

    package init() {}

    package init(images: [Image]) {
        replace(with: images)
    }

    /// Reads from the core which images are mapped now.
    ///
    /// - Returns: Images that were mapped at the last call and are no longer mapped.
    @discardableResult
    package mutating func refresh() -> [Image] {
        mscope_refresh_images()
        let before = images.filter { $0.unloadedAt == nil }
        replace(with: Self.read())
        let mapped = Set(images.lazy.filter { $0.unloadedAt == nil }.map { ImageKey($0) })
        return before.filter { !mapped.contains(ImageKey($0)) }
    }

    /// The image that contained an address at a given time.
    ///
    /// The core knows only that an image was loaded between two refreshes; a stack from this interval counts as the
    /// image's too. When two images are possible at that time, the result is nil.
    ///
    /// - Parameters:
    ///   - address: Any address.
    ///   - time: Nanoseconds on the monotonic clock; nil for now.
    /// - Returns: Nil when no image contained the address, or when it is not known which one did.
    package func image(containing address: UInt64, at time: UInt64? = nil) -> Image? {
        let covering = self.covering(address)
        guard let time else { return covering.first { $0.unloadedAt == nil } }
        let possible = covering.filter { $0.loadedAfter <= time && time < $0.unloadedAt ?? .max }
        return possible.count == 1 ? possible[0] : nil
    }

    /// The image that contained an address, as above, and the interval in which this answer is valid without a new
    /// call.
    package func imageAndTime(
        containing address: UInt64,
        at time: UInt64
    ) -> (image: Image?, from: UInt64, until: UInt64) {
        let covering = self.covering(address)
        guard let only = covering.first else { return (nil, 0, .max) }
        let image = image(containing: address, at: time)
        // If several images had the address, the answer is valid for this moment only.
        guard covering.count == 1, image != nil else { return (image, time, time) }
        return (image, only.loadedAfter, only.unloadedAt ?? .max)
    }

    /// Whether an address lies in an image that is mapped now.
    package func isMapped(_ address: UInt64) -> Bool {
        var position = partitionPoint(in: order) { images[$0].start > address }
        while position > 0, reach[position - 1] > address {
            position -= 1
            let image = images[order[position]]
            if image.end > address, image.unloadedAt == nil { return true }
        }
        return false
    }

    /// Images that cover or covered `address`.
    private func covering(_ address: UInt64) -> [Image] {
        var position = partitionPoint(in: order) { images[$0].start > address }
        var found: [Image] = []
        while position > 0, reach[position - 1] > address {
            position -= 1
            let image = images[order[position]]
            if image.covers(address) { found.append(image) }
        }
        return found
    }

    private mutating func replace(with images: [Image]) {
        self.images = images
        order = images.indices.sorted { images[$0].start < images[$1].start }
        reach = []
        for position in order {
            reach.append(max(reach.last ?? 0, images[position].end))
        }
    }

    private static func read() -> [Image] {
        var records = [mscope_image](repeating: mscope_image(), count: 64)
        var cursor: UInt32 = 0
        var images: [Image] = []
        while true {
            let count = unsafe mscope_read_images(&cursor, &records, records.count)
            if count == 0 { return images }
            images += records.prefix(count).map(Image.init)
        }
    }
}

/// Identifies one mapping of a file among all others.
struct ImageKey: Hashable {
    let start: UInt64
    let loadedAt: UInt64

    init(_ image: Image) {
        start = image.start
        loadedAt = image.loadedAt
    }
}

extension Image {
    init(_ record: mscope_image) {
        let size = min(Int(record.build_id_size), Int(MSCOPE_BUILD_ID_MAX))
        let buildID = unsafe withUnsafeBytes(of: record.build_id) { unsafe hexadecimal($0.prefix(size)) }
        self.init(
            path: text(of: record.path),
            bias: record.bias,
            start: record.start,
            end: record.end,
            loadedAfter: record.loaded_after,
            loadedAt: record.loaded_at,
            unloadedAt: record.unloaded_at == 0 ? nil : record.unloaded_at,
            buildID: buildID
        )
    }
}

/// The first position of a partitioned array whose element satisfies the predicate.
///
/// - Precondition: All elements that do not satisfy the predicate come before those that do.
func partitionPoint<Element>(in array: [Element], where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = array.count
    while low < high {
        let middle = (low + high) / 2
        if predicate(array[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
}

internal import CMemscope

/// Every ELF file that is or was mapped, found by address and time.
///
/// Two images never share an address at the same time, but one may take the place of
/// another that was unloaded: so an address alone does not name its image.
package struct ImageTable: Sendable {
    /// The program first, the others in no order.
    package private(set) var images: [Image] = []
    // Positions in `images` by ascending start, and the highest end up to each of them,
    // so that a search walks back no further than an image could reach.
    private var order: [Int] = []
    private var reach: [UInt64] = []

    package init() {}

    package init(images: [Image]) {
        replace(with: images)
    }

    /// Asks the core what is mapped now.
    ///
    /// - Returns: Images that were mapped at the last call and are not any more.
    @discardableResult
    package mutating func refresh() -> [Image] {
        mscope_refresh_images()
        let before = images.filter { $0.unloadedAt == nil }
        replace(with: Self.read())
        let mapped = Set(images.lazy.filter { $0.unloadedAt == nil }.map { ImageKey($0) })
        return before.filter { !mapped.contains(ImageKey($0)) }
    }

    /// The image that covered an address.
    ///
    /// When an image was loaded is known to lie between two looks; stacks of that time are
    /// its too. Of a time when it may have been one of two, the core gives to neither.
    ///
    /// - Parameters:
    ///   - address: Any address.
    ///   - time: Nanoseconds on the monotonic clock; nil for now.
    /// - Returns: Nil when it is not known which image did, or none.
    package func image(containing address: UInt64, at time: UInt64? = nil) -> Image? {
        let covering = self.covering(address)
        guard let time else { return covering.first { $0.unloadedAt == nil } }
        let possible = covering.filter { $0.loadedAfter <= time && time < $0.unloadedAt ?? .max }
        return possible.count == 1 ? possible[0] : nil
    }

    /// The image that covered an address, as above, and the time for which that is so without another look.
    package func imageAndTime(
        containing address: UInt64,
        at time: UInt64
    ) -> (image: Image?, from: UInt64, until: UInt64) {
        let covering = self.covering(address)
        guard let only = covering.first else { return (nil, 0, .max) }
        let image = image(containing: address, at: time)
        // Where several were, each question is answered by itself.
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

/// What tells one mapping of a file from all others.
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
/// - Precondition: No element that satisfies it stands before one that does not.
func partitionPoint<Element>(in array: [Element], where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = array.count
    while low < high {
        let middle = (low + high) / 2
        if predicate(array[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
}

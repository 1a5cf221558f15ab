internal import CMemscope

/// An array of trivial elements in pages of MemScope's own.
///
/// What lies there is counted as own memory and is no root of a scan. Whatever holds addresses of the program's blocks
/// for longer than a moment has to lie here: in a Swift array, which is a block of an internal thread and therefore a
/// root, it would keep alive, in the eyes of the next scan, whatever it describes.
@safe package final class OwnBuffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // `@unchecked Sendable`: written by one caller until it is shared, then only read.
    package let count: Int
    private let base: UnsafeMutablePointer<Element>
    private let release: (() -> Void)?

    /// Zeroed elements.
    ///
    /// - Returns: Nil when the system refuses the memory.
    package init?(count: Int) {
        guard let pages = unsafe mscope_map_pages(max(count, 1) * MemoryLayout<Element>.stride) else { return nil }
        self.count = count
        unsafe base = pages.bindMemory(to: Element.self, capacity: max(count, 1))
        release = nil
    }

    /// A copy of an array.
    package convenience init?(_ elements: [Element]) {
        self.init(count: elements.count)
        for index in elements.indices { self[index] = elements[index] }
    }

    /// Memory of somebody else, who is told when it is not needed any more.
    init(borrowing base: UnsafeMutableRawPointer, count: Int, release: @escaping () -> Void) {
        self.count = count
        unsafe self.base = base.assumingMemoryBound(to: Element.self)
        self.release = release
    }

    deinit {
        if let release { return release() }
        unsafe mscope_unmap_pages(base, max(count, 1) * MemoryLayout<Element>.stride)
    }

    package subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count, "index \(index) of \(count)")
            return unsafe base[index]
        }
        set {
            assert(index >= 0 && index < count, "index \(index) of \(count)")
            unsafe base[index] = newValue
        }
    }

    /// All elements, for loops whose every step counts.
    package var pointer: UnsafeMutableBufferPointer<Element> {
        unsafe UnsafeMutableBufferPointer(start: base, count: count)
    }
}

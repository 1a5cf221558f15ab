internal import CMemscope

/// An array of trivial elements in MemScope's own memory pages.
///
/// This memory is counted as MemScope's own and is no root of a scan. Addresses of the program's blocks that are kept
/// for longer than a moment must be kept here. A Swift array would be a block of an internal thread and therefore a
/// root: the next scan would find every block that the array describes alive.
@safe package final class OwnBuffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // `@unchecked Sendable`: one caller writes it until it is shared; afterwards it is only read.
    package let count: Int
    private let base: UnsafeMutablePointer<Element>
    private let release: (() -> Void)?

    /// Makes a buffer of zeroed elements.
    ///
    /// - Returns: Nil when the system refuses the memory.
    package init?(count: Int) {
        guard let pages = unsafe mscope_map_pages(max(count, 1) * MemoryLayout<Element>.stride) else { return nil }
        self.count = count
        unsafe base = pages.bindMemory(to: Element.self, capacity: max(count, 1))
        release = nil
    }

    /// Copies an array.
    package convenience init?(_ elements: [Element]) {
        self.init(count: elements.count)
        for index in elements.indices { self[index] = elements[index] }
    }

    /// Uses memory of another owner; `release` tells the owner that the memory is no longer needed.
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

    /// All elements, without bounds checks, for loops in which every instruction counts.
    package var pointer: UnsafeMutableBufferPointer<Element> {
        unsafe UnsafeMutableBufferPointer(start: base, count: count)
    }
}

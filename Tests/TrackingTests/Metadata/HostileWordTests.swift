import Glibc
import Testing
import Tracking

/// Memory that begins with words made to deceive.
///
/// What is not an object must not become
/// one, and nothing may crash: the runtime would, if it were asked about any of these.
@Suite("First words that lie") struct HostileWordTests {
    private final class Victim { var value = 1 }

    private let store = MetadataStore()

    /// Classifies blocks of 64 bytes that begin with the words and a live reference count.
    private func kinds(of words: [UInt64]) -> [TypeKind] {
        let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: words.count * 8)
        defer { unsafe memory.deallocate() }
        unsafe memory.initialize(repeating: 3, count: words.count * 8)
        for (index, word) in words.enumerated() { unsafe memory[index * 8] = word }
        let start = UInt64(UInt(bitPattern: memory))
        let blocks = words.indices.map { Block(address: start + UInt64($0) * 64, size: 64) }
        let types = store.classify(blocks) { _ in "C" }
        return blocks.indices.map { types[$0].kind }
    }

    private func metadata() -> UInt64 {
        unsafe UInt64(UInt(bitPattern: unsafeBitCast(Victim.self as AnyClass, to: UnsafeRawPointer.self)))
    }

    @Test("The reader under test sees objects when they are real") func control() {
        #expect(kinds(of: [metadata()]) == [.class])
    }

    @Test("A million random words are C") func random() {
        var generator = SplitMix(state: 42)
        let words = (0..<1_000_000).map { index -> UInt64 in
            let word = generator.next()
            switch index % 4 {
            case 0: return word
            case 1: return word & 0x7FFF_FFFF_FFF8  // a pointer, by its looks
            case 2: return word & 0xFFFF_FFF8
            default: return word >> (word & 63)
            }
        }
        #expect(kinds(of: words).allSatisfy { $0 == .c })
    }

    @Test("Every word around real metadata, aligned or not, is C unless it is metadata") func neighbours() {
        let real = metadata()
        let offsets = (-512...512).filter { $0 != 0 }
        let found = kinds(of: offsets.map { real &+ UInt64(bitPattern: Int64($0)) })
        for (offset, kind) in zip(offsets, found) where offset % 8 != 0 {
            #expect(kind == .c, "at \(offset)")
        }
    }

    @Test("Every word of loaded images that points somewhere can be looked at") func imageWords() {
        var words: [UInt64] = []
        for image in store.images where image.unloadedAt == nil {
            for address in stride(from: image.start & ~7, to: min(image.end, image.start + 1 << 15), by: 8) {
                words.append(address)
            }
        }
        // Real metadata is among them, so what they become is not fixed: that it ends is.
        #expect(kinds(of: words).count == words.count)
    }

    @Test("A copy of metadata with one field broken is C", arguments: 0..<7) func brokenCopies(broken: Int) {
        let copy = UnsafeMutablePointer<UInt64>.allocate(capacity: 32)
        defer { unsafe copy.deallocate() }
        let real = unsafe UnsafePointer<UInt64>(bitPattern: UInt(metadata() - 16))!
        for index in 0..<16 { unsafe copy[index] = real[index] }
        let address = unsafe UInt64(UInt(bitPattern: copy + 2))
        #expect(kinds(of: [address]) == [.class], "unbroken, it is what generic metadata looks like")
        switch broken {
        case 0: unsafe copy[0] = 0x1000  // destructor outside of every image
        case 1: unsafe copy[1] = address  // value witnesses on the heap
        case 2: unsafe copy[2] = 0x200  // a struct
        case 3: unsafe copy[5] = 8  // instances of 8 bytes
        case 4: unsafe copy[5] = 1 << 20  // instances of a megabyte
        case 5: unsafe copy[7] = address  // descriptor on the heap
        default: unsafe copy[7] = 0
        }
        let other = MetadataStore()
        let block = UnsafeMutablePointer<UInt64>.allocate(capacity: 8)
        defer { unsafe block.deallocate() }
        unsafe block.initialize(repeating: 3, count: 8)
        unsafe block[0] = address
        let types = other.classify([Block(address: UInt64(UInt(bitPattern: block)), size: 64)]) { _ in "C" }
        #expect(types[0].kind == .c)
    }

    @Test(
        "Metadata without plausible reference counts behind it is C",
        arguments: [
            UInt64(0), 1, 1 << 33, 1 << 63, 0xC000_0000_0000_0000,
        ]
    )
    func counts(word: UInt64) {
        let block = UnsafeMutablePointer<UInt64>.allocate(capacity: 8)
        defer { unsafe block.deallocate() }
        unsafe block.initialize(repeating: 0, count: 8)
        unsafe block[0] = metadata()
        unsafe block[1] = word
        let address = UInt64(UInt(bitPattern: block))
        #expect(store.classify([Block(address: address, size: 64)]) { _ in "C" }[0].kind == .c)
    }

    @Test("A block whose memory is gone is C") func unmapped() {
        let memory = unsafe mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        let address = UInt64(UInt(bitPattern: memory))
        unsafe munmap(memory, 8192)
        let blocks = [Block(address: address, size: 64), Block(address: address + 4096, size: 64)]
        let types = store.classify(blocks) { _ in "C" }
        #expect(types.indices.map { types.types[Int($0)].kind } == [.c, .c])
    }

    @Test("An object at the end of mapped memory is read without going beyond") func endOfMemory() {
        let memory = unsafe mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        unsafe munmap(memory + 4096, 4096)
        defer { unsafe munmap(memory, 4096) }
        let last = unsafe memory + 4096 - 16
        unsafe last.storeBytes(of: metadata(), as: UInt64.self)
        unsafe (last + 8).storeBytes(of: 3, as: UInt64.self)
        let blocks = [
            Block(address: UInt64(UInt(bitPattern: last)), size: 24),
            Block(address: UInt64(UInt(bitPattern: last)) + 8, size: 24),
        ]
        let types = store.classify(blocks) { _ in "C" }
        #expect(types.indices.map { types.types[Int($0)].kind } == [.class, .c])
    }
}

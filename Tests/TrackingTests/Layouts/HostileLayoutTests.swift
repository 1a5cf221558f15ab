import Glibc
import Testing
import Tracking

private final class Victim {
    var other: Victim?
    var text = "text"
}

/// Metadata that passes for real and leads to garbage must end in words without meaning, never in a crash.
@Suite("Layouts of metadata that lies") struct HostileLayoutTests {
    private let layouts = Layouts()

    private func metadata() -> UInt64 {
        unsafe UInt64(UInt(bitPattern: unsafeBitCast(Victim.self as AnyClass, to: UnsafeRawPointer.self)))
    }

    /// A block whose first word is a copy of a class' metadata.
    private func layout(changing index: Int, to word: UInt64) -> BlockLayout? {
        // As long as metadata of that class, two words of it before the address point.
        let copy = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
        let block = UnsafeMutablePointer<UInt64>.allocate(capacity: 8)
        defer {
            unsafe copy.deallocate()
            unsafe block.deallocate()
        }
        let real = unsafe UnsafePointer<UInt64>(bitPattern: UInt(metadata() - 16))!
        unsafe copy.initialize(repeating: 0, count: 64)
        for index in 0..<14 { unsafe copy[index] = real[index] }
        unsafe copy[index] = word
        unsafe block.initialize(repeating: 3, count: 8)
        unsafe block[0] = UInt64(UInt(bitPattern: copy + 2))
        return layouts.layout(at: UInt64(UInt(bitPattern: block)), size: 40)
    }

    @Test("An unchanged copy has the layout of its class") func control() {
        #expect(Layouts.describe(layout(changing: 2, to: 0)?.fields) == ["other strong", "text strong"])
    }

    @Test("A superclass that is none, or an endless chain of them, has no layout") func superclass() {
        #expect(layout(changing: 3, to: 0xDEAD_BEE8) == nil)
        #expect(layout(changing: 3, to: metadata() + 8) == nil)
    }

    @Test("Offsets beyond the instance are no fields") func offsets() {
        for index in 8..<14 {
            let layout = layout(changing: index, to: 0xFFFF_FFF8)
            #expect(layout.map { $0.fields.allSatisfy { $0.offset < 40 } } ?? true)
        }
    }

    @Test("A class without records of its fields has no layout, however the rest looks") func descriptor() {
        let image = layouts.store.images.first { $0.unloadedAt == nil }
        guard let image else { return }
        for address in stride(from: image.start & ~7, to: min(image.end, image.start + 1 << 14), by: 8) {
            _ = layout(changing: 7, to: address)
        }
    }
}

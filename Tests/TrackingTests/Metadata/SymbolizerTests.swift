import CMemscope
import Glibc
import Testing
import Tracking

@Suite("Symbolizer") struct SymbolizerTests {
    @inline(never) private func allocateHere() -> (memory: UnsafeMutableRawPointer?, line: Int) {
        unsafe (malloc(123), #line)
    }

    @Test("A Swift function of this file has its name, file and line") func ownFunction() throws {
        var line = 0
        let site = try unsafe stack {
            let result = unsafe allocateHere()
            unsafe line = result.line
            return unsafe result.memory
        }
        let frames = MetadataStore().symbolize(stack: site.addresses, at: site.firstSeen)
        let frame = try #require(frames.first { $0.function.contains("SymbolizerTests.allocateHere()") })
        #expect(frame.file?.hasSuffix("/SymbolizerTests.swift") == true)
        #expect(frame.line == line)
        #expect(frame.image?.isEmpty == false)
    }

    @Test("An inlined call comes before the function it stands in, with the line of each") func inlinedCall() throws {
        let plugin = try Plugin()
        defer { plugin.remove() }
        let loaded = try plugin.load()
        defer { loaded.close() }
        let frames = MetadataStore().symbolize(address: try loaded.call("plugin_function"))
        #expect(frames.map(\.function) == ["plugin_inlined()", "plugin_function"])
        #expect(frames.map(\.line) == [3, 6])
        #expect(frames.map(\.isInlined) == [true, false])
        #expect(frames.map(\.image) == ["plugin.so", "plugin.so"])
        #expect(frames.allSatisfy { $0.file?.hasSuffix("/plugin.cpp") == true })
    }

    @Test("A C++ member function of a template is demangled") func member() throws {
        let plugin = try Plugin()
        defer { plugin.remove() }
        let loaded = try plugin.load()
        defer { loaded.close() }
        let frames = MetadataStore().symbolize(address: try loaded.call("plugin_member"))
        #expect(frames.map(\.function) == ["demo::Widget<long>::grow(int)"])
    }

    @Test("A function of the C library is named on a stack that passes through it") func systemLibrary() throws {
        let site = try unsafe stack { unsafe SortedAllocation.run() }
        let frames = MetadataStore().symbolize(stack: site.addresses, at: site.firstSeen)
        let sort = try #require(frames.firstIndex { $0.function.hasPrefix("qsort") })
        #expect(frames[sort].image?.hasPrefix("libc.so") == true)
        #expect(frames[..<sort].contains { $0.function.contains("SortedAllocation") })
        #expect(frames[sort...].contains { $0.function.contains("SortedAllocation.run()") })
    }

    @Test("A stripped library names exported functions, and no others") func stripped() throws {
        let plugin = try Plugin(["-s"])
        defer { plugin.remove() }
        let loaded = try plugin.load()
        defer { loaded.close() }
        let store = MetadataStore()
        let frames = store.symbolize(address: try loaded.call("plugin_function"))
        #expect(frames.map(\.function) == ["plugin_function"])
        #expect(frames.first?.file == nil)
        #expect(frames.first?.line == nil)
    }

    @Test("An address outside of every image is its own name") func outside() {
        let frames = MetadataStore().symbolize(address: 0x1234)
        #expect(frames == [Frame(function: "0x1234", address: 0x1234)])
    }

    @Test("An address in an image, but in no function, names the image") func betweenFunctions() throws {
        let plugin = try Plugin()
        defer { plugin.remove() }
        let loaded = try plugin.load()
        defer { loaded.close() }
        let store = MetadataStore()
        let image = try #require(store.images.first { $0.path == plugin.path })
        let frames = store.symbolize(address: image.start + 1)
        #expect(frames.map(\.function) == ["0x" + String(image.start + 1, radix: 16)])
        #expect(frames.first?.image == "plugin.so")
    }

    @Test("Asking twice gives the same frames and counts an address once") func cached() throws {
        let store = MetadataStore()
        let site = try unsafe stack { unsafe allocateHere().memory }
        let first = store.symbolize(stack: site.addresses)
        let counts = store.symbolCounts
        #expect(store.symbolize(stack: site.addresses) == first)
        #expect(store.symbolCounts == counts)
        store.closeSymbolFiles()
        #expect(store.symbolize(stack: site.addresses) == first)
    }

    @Test("The allocating module is that of the first frame behind the allocator") func allocatingModule() throws {
        let store = MetadataStore()
        let site = try unsafe stack { unsafe allocateHere().memory }
        let own = store.symbolize(stack: site.addresses).first { $0.function.contains("allocateHere") }
        #expect(store.allocatingModule(stack: site.addresses) == own?.image)
        let copy = try unsafe stack { unsafe UnsafeMutableRawPointer(strdup("a text to copy")) }
        #expect(store.allocatingModule(stack: copy.addresses) == own?.image)
        #expect(store.allocatingModule(stack: []) == "unknown")
    }

    @Test(
        "The frame of an allocator is told from one that uses it",
        arguments: [
            ("malloc", true), ("__libc_malloc", true), ("je_calloc", true), ("swift_allocObject", true),
            ("operator new(unsigned long)", true), ("mscope_record", true), ("strdup", true),
            ("main", false), ("Demo.mallocate() -> ()", false), ("qsort", false), ("fopen", false),
        ]
    )
    func allocatorFrames(name: String, isAllocator: Bool) {
        #expect(AllocatorFrames.contains(Frame(function: name)) == isAllocator)
    }
}

/// Allocates inside of a comparison that the C library calls.
private enum SortedAllocation {
    nonisolated(unsafe) private static var memory: UnsafeMutableRawPointer?

    @inline(never) static func run() -> UnsafeMutableRawPointer? {
        unsafe memory = nil
        var numbers: [Int32] = [2, 1]
        unsafe qsort(&numbers, 2, 4) { _, _ in
            if unsafe SortedAllocation.memory == nil { unsafe SortedAllocation.memory = unsafe malloc(77) }
            return 1
        }
        return unsafe memory
    }
}

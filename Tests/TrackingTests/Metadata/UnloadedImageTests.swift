import Foundation
import Testing
import Tracking

@Suite("Symbols of files that went away") struct UnloadedImageTests {
    @Test("Names found before an image was unloaded and deleted stay known") func cached() throws {
        let plugin = try Plugin()
        let loaded = try plugin.load()
        let store = MetadataStore()
        let address = try loaded.call("plugin_function")
        let before = store.symbolize(address: address)
        let time = CaptureCore.now
        loaded.close()
        plugin.remove()
        store.refresh()
        #expect(store.symbolize(address: address, at: time) == before)
        #expect(before.last?.function == "plugin_function")
    }

    @Test("An open file that is unloaded and deleted still names what was never asked for") func detached() throws {
        let plugin = try Plugin()
        let loaded = try plugin.load()
        let store = MetadataStore()
        _ = store.symbolize(address: try loaded.call("plugin_function"))
        let member = try loaded.call("plugin_member")
        let time = CaptureCore.now
        loaded.close()
        plugin.remove()
        store.refresh()
        let frames = store.symbolize(address: member, at: time)
        #expect(frames.map(\.function) == ["demo::Widget<long>::grow(int)"])
        #expect(frames.first?.line != nil)
    }

    @Test("An unloaded image is named by its file when that remains") func fileRemains() throws {
        let plugin = try Plugin()
        defer { plugin.remove() }
        let loaded = try plugin.load()
        let store = MetadataStore()
        let address = try loaded.call("plugin_function")
        let time = CaptureCore.now
        loaded.close()
        store.refresh()
        #expect(store.images.contains { $0.path == plugin.path && $0.unloadedAt != nil })
        #expect(store.symbolize(address: address, at: time).last?.function == "plugin_function")
    }

    @Test(
        "A file that was replaced by another build gives no names",
        arguments: [["-g", "-Wl,--build-id"], ["-g", "-Wl,--build-id=none"]]
    )
    func replaced(arguments: [String]) throws {
        let plugin = try Plugin(arguments)
        defer { plugin.remove() }
        let loaded = try plugin.load()
        let store = MetadataStore()
        let address = try loaded.call("plugin_function")
        let time = CaptureCore.now
        loaded.close()
        store.refresh()
        // Without a build id only its age gives the new file away.
        let later = Date(timeIntervalSinceNow: 60)
        try plugin.build(arguments + ["-DOTHER", "-O0"])
        try FileManager.default.setAttributes([.modificationDate: later], ofItemAtPath: plugin.path)
        let frames = store.symbolize(address: address, at: time)
        #expect(frames.map(\.function) == ["0x" + String(address, radix: 16)])
        #expect(frames.first?.image == "plugin.so")
    }

    @Test("A file that was moved there since gives no names, however old it is") func moved() throws {
        let arguments = ["-g", "-Wl,--build-id=none"]
        let plugin = try Plugin(arguments)
        defer { plugin.remove() }
        let loaded = try plugin.load()
        let store = MetadataStore()
        let address = try loaded.call("plugin_function")
        let time = CaptureCore.now
        loaded.close()
        store.refresh()
        Thread.sleep(forTimeInterval: 2.5)
        try plugin.build(arguments + ["-DOTHER", "-O0"])
        let earlier = Date(timeIntervalSinceNow: -600)
        try FileManager.default.setAttributes([.modificationDate: earlier], ofItemAtPath: plugin.path)
        let frames = store.symbolize(address: address, at: time)
        #expect(frames.map(\.function) == ["0x" + String(address, radix: 16)])
    }

    @Test("The file of the running program is found although it was renamed") func deletedProgram() throws {
        let store = MetadataStore()
        let program = try #require(store.images.first)
        var record = program
        record.path += " (deleted)"
        let address = try #require(Self.someAddress(in: program, store))
        #expect(
            Symbolizer().symbolize(address, in: record)
                == Symbolizer().symbolize(address, in: program).map {
                    var frame = $0
                    frame.image = record.name
                    return frame
                }
        )
        record.path = "/nowhere/at/all (deleted)"
        #expect(Symbolizer().symbolize(address, in: record).last?.function.hasPrefix("0x") == false)
    }

    private static func someAddress(in image: Image, _ store: MetadataStore) -> UInt64? {
        let site = try? unsafe stack { unsafe malloc(99) }
        return site?.addresses.first { (image.start..<image.end).contains($0) }
    }

    @Test("A broken file does no harm", arguments: 0..<48)
    func corrupt(seed: Int) throws {
        let plugin = try Plugin(["-g", "-Wl,--build-id=none"])
        defer { plugin.remove() }
        #expect(Self.names(in: plugin).contains("plugin_function"), "as long as it is whole")
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: plugin.path)))
        var generator = SplitMix(state: UInt64(seed))
        for _ in 0..<(1 << (seed % 12)) {
            bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
        }
        if seed % 3 == 0 { bytes.removeLast(bytes.count / (2 + seed % 5)) }
        try Data(bytes).write(to: URL(fileURLWithPath: plugin.path))
        #expect(Self.names(in: plugin).allSatisfy { !$0.isEmpty })
    }

    /// Names all over a plugin's file, which has no build id to tell that it was changed.
    private static func names(in plugin: Plugin) -> Set<String> {
        let image = Image(
            path: plugin.path,
            bias: 0,
            start: 0,
            end: 1 << 20,
            loadedAt: CaptureCore.now,
            unloadedAt: .max
        )
        let symbolizer = Symbolizer()
        let addresses = stride(from: UInt64(1), to: 0x6000, by: 5)
        return Set(addresses.flatMap { symbolizer.symbolize($0, in: image).map(\.function) })
    }

    @Test(
        "What is no ELF file gives no names",
        arguments: [
            "[vdso]", "/nowhere/at/all", "/nowhere (deleted)", "/", "", "/etc/passwd", "/dev/null", "relative.so",
        ]
    )
    func noFile(path: String) {
        let image = Image(path: path, bias: 0, start: 0x1000, end: 0x2000, loadedAt: 1, unloadedAt: .max)
        let frames = Symbolizer().symbolize(0x1800, in: image)
        #expect(frames.map(\.function) == ["0x1800"])
    }
}

/// Small, repeatable random numbers.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

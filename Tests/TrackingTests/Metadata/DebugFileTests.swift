import Foundation
import Testing
import Tracking

@Suite("Debug information: compressed, separate, missing") struct DebugFileTests {
    private func withPlugin(_ arguments: [String] = ["-g"], _ body: (Plugin) throws -> Void) throws {
        let plugin = try Plugin(arguments + ["-Wl,--build-id"])
        defer { plugin.remove() }
        try body(plugin)
    }

    /// The frames of a call in the plugin, and what is said of its names.
    private func look(at plugin: Plugin, _ function: String = "plugin_function") throws -> ([Frame], ImageNames) {
        let loaded = try plugin.load()
        defer { loaded.close() }
        let store = MetadataStore()
        let frames = store.symbolize(address: try loaded.call(function))
        let image = try #require(store.images.first { $0.path == plugin.path && $0.unloadedAt == nil })
        return (frames, try #require(store.namesOfMappedImages()[image]))
    }

    private func expectWhole(_ plugin: Plugin, debugFile: String? = nil) throws {
        let (frames, names) = try look(at: plugin)
        #expect(frames.map(\.function) == ["plugin_inlined()", "plugin_function"])
        #expect(frames.map(\.line) == [3, 6])
        #expect(frames.map(\.isInlined) == [true, false])
        #expect(names == ImageNames(functions: .all, hasLines: true, debugFile: debugFile))
    }

    private func objcopy(_ arguments: String...) throws { try Plugin.run("objcopy", arguments) }

    /// Moves symbols and DWARF to a file of their own, in a folder beside the plugin.
    private func split(_ plugin: Plugin, to name: String, link: String? = nil) throws -> String {
        let file = plugin.folder + "/" + name
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try objcopy("--only-keep-debug", plugin.path, file)
        try Plugin.run("strip", [plugin.path])
        if link != nil { try objcopy("--add-gnu-debuglink=" + file, plugin.path) }
        return file
    }

    @Test("A library with all of it lacks nothing") func whole() throws {
        try withPlugin { try expectWhole($0) }
    }

    @Test("Sections compressed with zlib are read", arguments: ["zlib", "zlib-gnu"]) func zlib(kind: String) throws {
        try withPlugin { plugin in
            try objcopy("--compress-debug-sections=" + kind, plugin.path)
            try expectWhole(plugin)
        }
    }

    @Test("Sections compressed with zstd are read, or it is said that they cannot be") func zstd() throws {
        try withPlugin { plugin in
            try objcopy("--compress-debug-sections=zstd", plugin.path)
            let (frames, names) = try look(at: plugin)
            #expect(frames.last?.function == "plugin_function")
            #expect(names.functions == .all)
            #expect(names.hasLines == (frames.last?.line != nil))
            #expect(names.hasLines == (names.problem == nil))
            if let problem = names.problem { #expect(problem.contains("zstd")) }
        }
    }

    @Test(
        "A debug file is found by the library's link to it",
        arguments: ["plugin.so.debug", "other name", ".debug/plugin.so.debug"]
    )
    func link(name: String) throws {
        try withPlugin { plugin in
            let file = try split(plugin, to: name, link: name)
            try expectWhole(plugin, debugFile: file)
        }
    }

    @Test("A debug file is found by build id beside the library", arguments: ["", "/.debug"])
    func buildID(folder: String) throws {
        try withPlugin { plugin in
            let file = try split(plugin, to: "moved")
            let store = MetadataStore()
            let loaded = try plugin.load()
            store.refresh()
            let id = try #require(store.images.first { $0.path == plugin.path }).buildID
            loaded.close()
            let place = plugin.folder + folder + "/.build-id/" + id.prefix(2)
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let found = "\(place)/\(id.dropFirst(2)).debug"
            try FileManager.default.moveItem(atPath: file, toPath: found)
            try expectWhole(plugin, debugFile: found)
        }
    }

    @Test("A debug file that is also compressed is read") func compressedAndSeparate() throws {
        try withPlugin { plugin in
            let file = try split(plugin, to: "plugin.debug", link: "plugin.debug")
            try objcopy("--compress-debug-sections=zlib", file)
            try expectWhole(plugin, debugFile: file)
        }
    }

    @Test(
        "A debug file of another build is not used",
        arguments: [["-Wl,--build-id"], ["-Wl,--build-id=none"]]
    )
    func otherBuild(id: [String]) throws {
        let plugin = try Plugin(["-g"] + id)
        let other = try Plugin(["-g", "-DOTHER", "-O0"] + id)
        defer {
            plugin.remove()
            other.remove()
        }
        let file = try split(plugin, to: "plugin.debug", link: "plugin.debug")
        try expectWhole(plugin, debugFile: file)
        try FileManager.default.removeItem(atPath: file)
        try objcopy("--only-keep-debug", other.path, file)
        let (frames, names) = try look(at: plugin)
        #expect(frames.map(\.function) == ["plugin_function"], "by its exported symbol")
        #expect(frames.first?.line == nil)
        #expect(names.debugFile == nil)
    }

    @Test("A stripped library says that it lacks both, one without -g only one") func lacking() throws {
        try withPlugin { plugin in
            try Plugin.run("strip", [plugin.path])
            let (_, names) = try look(at: plugin)
            #expect(names.functions == .exported && !names.hasLines)
            let problem = try #require(names.problem)
            #expect(problem.contains("symbol table") && problem.contains("debug information"))
        }
        try withPlugin([]) { plugin in
            let (_, names) = try look(at: plugin)
            #expect(names.functions == .all && !names.hasLines)
            let problem = try #require(names.problem)
            #expect(!problem.contains("symbol table") && problem.contains("debug information"))
        }
    }

    @Test("A library whose file was deleted says so, one that is unloaded has nothing to say") func gone() throws {
        try withPlugin { plugin in
            let loaded = try plugin.load()
            try Data("no library".utf8).write(to: URL(fileURLWithPath: plugin.path), options: .atomic)
            let store = MetadataStore()
            let image = try #require(store.images.first { $0.path.hasPrefix(plugin.path) })
            let names = try #require(store.namesOfMappedImages()[image])
            // Links of /proc/self/map_files need a privilege: with it the file is still read.
            #expect(names.hasLines || names.problem?.contains("not the one that was loaded") == true)
            loaded.close()
            store.refresh()
            #expect(store.namesOfMappedImages()[image] == nil)
        }
    }

    @Test("What a package lacks is said with the package's name") func package() throws {
        let store = MetadataStore()
        let image = try #require(store.images.first { $0.name?.hasPrefix("libdw") == true })
        let names = try #require(store.namesOfMappedImages()[image])
        guard let problem = names.problem, FileManager.default.fileExists(atPath: "/var/lib/dpkg/info") else { return }
        #expect(problem.contains("libdw1-dbgsym") || problem.contains("libdw1t64-dbgsym"))
    }
}

import CMemscope
import Foundation
import Glibc
import Tracking

/// A small C++ library, compiled for a test into a folder of its own and loaded.
struct Plugin {
    static let source = """
        extern "C" __attribute__((noinline)) void *plugin_caller() { return __builtin_return_address(0); }
        static inline __attribute__((always_inline)) void *plugin_inlined() {
            return plugin_caller();
        }
        extern "C" __attribute__((noinline)) void *plugin_function() {
            void *where = plugin_inlined();
            asm volatile("" : : "r"(where));
            return where;
        }
        namespace demo {
        template <typename Value> struct Widget {
            __attribute__((noinline)) void *grow(int) {
                void *where = plugin_caller();
                asm volatile("" : : "r"(where));
                return where;
            }
        };
        }
        extern "C" void *plugin_member() {
            demo::Widget<long> widget;
            void *where = widget.grow(1);
            asm volatile("" : : "r"(where));
            return where;
        }
        """

    let folder: String
    let path: String

    /// Compiles with these arguments beside those that every plugin needs.
    init(_ arguments: [String] = ["-g"]) throws {
        folder = FileManager.default.temporaryDirectory.path + "/memscope-" + UUID().uuidString
        path = folder + "/plugin.so"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.source.write(toFile: folder + "/plugin.cpp", atomically: true, encoding: .utf8)
        try build(arguments)
    }

    func build(_ arguments: [String]) throws {
        let always = ["-x", "c++", "-shared", "-fPIC", "-O1", "-nostdlib", "-o", path, folder + "/plugin.cpp"]
        try Self.run("clang", always + ["-fno-omit-frame-pointer"] + arguments)
    }

    static func run(_ tool: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PluginError(message: "\(tool) \(arguments) failed") }
    }

    func load() throws -> LoadedPlugin {
        guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw PluginError(message: unsafe String(cString: dlerror()))
        }
        return unsafe LoadedPlugin(handle: handle)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }
}

struct PluginError: Error {
    var message: String
}

@safe struct LoadedPlugin {
    let handle: UnsafeMutableRawPointer

    /// Calls a function that answers with a return address inside of the plugin.
    func call(_ name: String) throws -> UInt64 {
        guard let symbol = unsafe dlsym(handle, name) else { throw PluginError(message: "no function \(name)") }
        typealias Function = @convention(c) () -> UnsafeMutableRawPointer?
        return unsafe UInt64(UInt(bitPattern: unsafeBitCast(symbol, to: Function.self)()))
    }

    func close() {
        unsafe dlclose(handle)
    }
}

/// The stack the capture core took for a block that is allocated and freed here.
func stack(of allocate: () -> UnsafeMutableRawPointer?) throws -> Site {
    guard let memory = unsafe allocate() else { throw PluginError(message: "no memory") }
    defer { unsafe free(memory) }
    var block = mscope_block()
    guard unsafe mscope_find_block(UInt64(UInt(bitPattern: memory)), &block), let site = CaptureCore.site(block.site)
    else { throw PluginError(message: "the core does not know the block: is it active?") }
    return site
}

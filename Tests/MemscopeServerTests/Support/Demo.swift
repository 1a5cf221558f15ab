import Foundation

/// The demo program, built beside the test runner, under some environment.
final class Demo {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    init(_ arguments: [String], environment: [String: String]) throws {
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(filePath: runner).deletingLastPathComponent().appending(path: "memscope-demo")
        process.arguments = arguments
        var all = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MEMSCOPE_") }
        all.merge(environment) { $1 }
        process.environment = all
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }

    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    /// What it printed until its end; each is far less than a pipe holds.
    func finish() throws -> (status: Int32, output: String, errors: [Substring]) {
        process.waitUntilExit()
        let text = { (pipe: Pipe) in
            String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        }
        return (process.terminationStatus, try text(output), try text(errors).split(separator: "\n"))
    }
}

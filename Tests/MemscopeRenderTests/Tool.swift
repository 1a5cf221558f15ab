import Foundation

/// Runs the programs that will read our formats.
struct Tool {
    /// The checkout.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Outcome {
        var status: Int32
        /// Standard output and standard error together.
        var output: String
    }

    /// Runs a program found on `PATH`, the tests' own Python environment first.
    ///
    /// Input and output are files, so that no pipe can fill up.
    static func run(_ command: String..., input: [UInt8] = []) throws -> Outcome {
        try withTemporaryFolder { folder in
            let (inputFile, outputFile) = (folder.appending(path: "in"), folder.appending(path: "out"))
            try Data(input).write(to: inputFile)
            try Data().write(to: outputFile)
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = command
            var environment = ProcessInfo.processInfo.environment
            environment["PATH"] = root.appending(path: ".venv/bin").path + ":" + (environment["PATH"] ?? "")
            environment["PPROF_TMPDIR"] = folder.path
            process.environment = environment
            process.standardInput = try FileHandle(forReadingFrom: inputFile)
            let output = try FileHandle(forWritingTo: outputFile)
            process.standardOutput = output
            process.standardError = output
            try process.run()
            process.waitUntilExit()
            let text = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
            return Outcome(status: process.terminationStatus, output: text)
        }
    }

    /// A folder that is gone afterwards.
    static func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "memscope-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}

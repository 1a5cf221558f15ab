/// The options on the command line.
struct Options: Equatable {
    var port = 9100
    var load = 1000
    var seconds = 0
    var leaks = false
    var crimes = false

    static let help = """
        usage: memscope-demo [--port N] [--load N] [--seconds N] [--leak] [--crimes]

        A small shop that keeps everything in memory and serves its own heap.

          --port N      port of the dashboard, 0 picks a free one (default 9100)
          --load N      mean simulated requests per second, 1 to 100000 (default 1000)
          --seconds N   stop after so many seconds, 0 runs until Ctrl-C (default 0)
          --leak        lose blocks and tie retain cycles, to have some to find
          --crimes      use memory wrongly, with MEMSCOPE_CHECKS=full or pages only
          --help        print this
        """

    /// Reads arguments, without the program's name.
    ///
    /// - Parameter arguments: The arguments as typed; `--port 9200` and `--port=9200` are the same.
    /// - Returns: The options; nil when help was requested.
    /// - Throws: ``OptionError`` with the argument and what is accepted.
    static func parse(_ arguments: [String]) throws(OptionError) -> Options? {
        var options = Options()
        var rest = arguments.flatMap { $0.split(separator: "=", maxSplits: 1).map(String.init) }[...]
        while let name = rest.popFirst() {
            switch name {
            case "--help", "-h": return nil
            case "--leak": options.leaks = true
            case "--crimes": options.crimes = true
            case "--port": options.port = try number(for: name, in: 0...65_535, from: &rest)
            case "--load": options.load = try number(for: name, in: 1...100_000, from: &rest)
            case "--seconds": options.seconds = try number(for: name, in: 0...1_000_000_000, from: &rest)
            default: throw OptionError(message: "unknown option '\(name)'; --help lists what there is")
            }
        }
        return options
    }

    private static func number(
        for name: String,
        in range: ClosedRange<Int>,
        from rest: inout ArraySlice<String>
    ) throws(OptionError) -> Int {
        let accepted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = rest.popFirst() else { throw OptionError(message: "\(name) needs \(accepted)") }
        guard let value = Int(text), range.contains(value) else {
            throw OptionError(message: "\(name) takes \(accepted), not '\(text)'")
        }
        return value
    }
}

/// An invalid argument.
struct OptionError: Error {
    let message: String
}

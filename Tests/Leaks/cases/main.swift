// Does what the named case does, forgets the traces in its stack and registers, and ends.
import Glibc

let topics: [[(name: String, run: () -> Void)]] = [
    cycleCases, closureCases, containerCases, existentialCases, enumCases, genericCases, unmanagedCases,
    concurrencyCases, dispatchCases, leftoverCases, foundationCases, threadCases, referenceCases, globalCases,
    adviceCases, noncopyableCases,
]

/// Shows a value to code that no optimiser can see into, so that it has to exist.
@inline(never) func show<T>(_ value: T) {
    withUnsafePointer(to: value) { cases_show($0) }
}

/// Runs the case several frames further down than the report at exit will look.
@inline(never) func perform(_ name: String) -> Bool {
    for topic in topics {
        for entry in topic where entry.name == name {
            var run = entry.run
            withUnsafeMutablePointer(to: &run) { argument in
                cases_deep(8, { $0!.assumingMemoryBound(to: (() -> Void).self).pointee() }, argument)
            }
            return true
        }
    }
    return false
}

@inline(never) func list() {
    for topic in topics { for entry in topic { print(entry.name) } }
}

/// Reads the arguments in a frame of its own: that of main stays, and what was freed there would hold the block that a
/// case allocates at the same address.
@inline(never) func obey() {
    if CommandLine.arguments.count == 2, CommandLine.arguments[1] == "--list" {
        list()
    } else if CommandLine.arguments.count != 2 || !perform(CommandLine.arguments[1]) {
        print("usage: cases NAME | --list")
        exit(2)
    }
}

setvbuf(stdout, nil, _IOLBF, 0)
obey()
cases_clobber()
exit(0)

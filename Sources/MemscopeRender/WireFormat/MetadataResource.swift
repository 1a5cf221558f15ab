package import Tracking

/// Facts about the program itself.
package struct MetadataValues: Sendable, Hashable {
    /// The version of MemScope.
    package var version: String
    /// Nil when the program has no Swift runtime.
    package var swiftRuntime: String?
    /// The name of the allocator, such as "glibc" or "jemalloc".
    package var allocator: String
    package var images: [Image]
    /// The sources of names, for the images that are mapped.
    package var imageNames: [Image: ImageNames]
    /// The number of addresses that got a name; `unresolvedSymbols` counts those that did not.
    package var resolvedSymbols: Int
    package var unresolvedSymbols: Int
    /// Why the types of blocks cannot be read; nil when they can.
    package var typeReaderProblem: String?
    /// What this runtime lays out differently than expected: it is read conservatively, so leaks may be missed.
    package var layoutProblems: [String]

    package init(
        version: String,
        swiftRuntime: String?,
        allocator: String,
        images: [Image],
        imageNames: [Image: ImageNames] = [:],
        resolvedSymbols: Int,
        unresolvedSymbols: Int,
        typeReaderProblem: String?,
        layoutProblems: [String]
    ) {
        self.version = version
        self.swiftRuntime = swiftRuntime
        self.allocator = allocator
        self.images = images
        self.imageNames = imageNames
        self.resolvedSymbols = resolvedSymbols
        self.unresolvedSymbols = unresolvedSymbols
        self.typeReaderProblem = typeReaderProblem
        self.layoutProblems = layoutProblems
    }
}

/// What users may expect from a memory profiler, but MemScope does not do.
package enum NotDetected: String, Sendable, CaseIterable {
    case dataRaces = "data races"
    case exclusivity = "overlapping access to a variable (exclusivity)"
    case uninitialisedReads = "reads of uninitialised memory"
    case stackAndGlobals = "accesses outside of variables on the stack, and of global ones"

    /// The tool that detects it.
    package var tool: String {
        switch self {
        case .dataRaces: "swift build --sanitize=thread, or Valgrind's helgrind"
        case .exclusivity: "swiftc -enforce-exclusivity=checked, the default of builds for debugging"
        case .uninitialisedReads: "Valgrind's memcheck, or clang -fsanitize=memory for C and C++"
        case .stackAndGlobals: "swift build --sanitize=address"
        }
    }
}

extension WireFormat {
    /// Answers `GET /api/metadata`.
    package static func metadata(_ values: MetadataValues, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { json in
            json.member("version", values.version)
            json.member("swiftRuntime", values.swiftRuntime)
            json.member("allocator", values.allocator)
            json.member("images", array: values.images) { json, image in
                json.object { members(of: image, values.imageNames[image], to: &$0) }
            }
            json.member("symbols") { json in
                json.member("resolved", values.resolvedSymbols)
                json.member("unresolved", values.unresolvedSymbols)
            }
            json.member("typeReader") { json in
                json.member("available", values.typeReaderProblem == nil)
                json.member("reason", values.typeReaderProblem)
            }
            json.member("notDetected", array: NotDetected.allCases) { json, each in
                json.object { json in
                    json.member("what", each.rawValue)
                    json.member("tool", each.tool)
                }
            }
            json.member("layouts") { $0.member("problems", array: values.layoutProblems) }
        }
    }

    private static func members(of image: Image, _ names: ImageNames?, to json: inout JSONWriter) {
        json.member("path", image.path.isEmpty ? nil : image.path)
        json.member("start", hexadecimal: image.start)
        json.member("end", hexadecimal: image.end)
        json.member("buildID", image.buildID.isEmpty ? nil : image.buildID)
        json.member("loadedAt", image.loadedAt)
        json.member("unloadedAt", image.unloadedAt)
        guard let names else { return json.member("names", nil as String?) }
        json.member("names") { json in
            json.member("functions", names.functions.rawValue)
            json.member("lines", names.hasLines)
            json.member("debugFile", names.debugFile)
            json.member("problem", names.problem)
        }
    }
}

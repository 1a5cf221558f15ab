package import Tracking

/// What is known about the program itself.
package struct MetadataValues: Sendable, Hashable {
    /// Of MemScope.
    package var version: String
    /// Nil when the program has no Swift runtime.
    package var swiftRuntime: String?
    /// Such as "glibc" or "jemalloc".
    package var allocator: String
    package var images: [Image]
    /// Addresses that got a name, and that did not.
    package var resolvedSymbols: Int
    package var unresolvedSymbols: Int
    /// Why types of blocks cannot be read; nil when they can.
    package var typeReaderProblem: String?
    /// What this runtime does not lay out as expected: read conservatively, so that leaks may be missed.
    package var layoutProblems: [String]

    package init(
        version: String,
        swiftRuntime: String?,
        allocator: String,
        images: [Image],
        resolvedSymbols: Int,
        unresolvedSymbols: Int,
        typeReaderProblem: String?,
        layoutProblems: [String]
    ) {
        self.version = version
        self.swiftRuntime = swiftRuntime
        self.allocator = allocator
        self.images = images
        self.resolvedSymbols = resolvedSymbols
        self.unresolvedSymbols = unresolvedSymbols
        self.typeReaderProblem = typeReaderProblem
        self.layoutProblems = layoutProblems
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
                json.object { members(of: image, to: &$0) }
            }
            json.member("symbols") { json in
                json.member("resolved", values.resolvedSymbols)
                json.member("unresolved", values.unresolvedSymbols)
            }
            json.member("typeReader") { json in
                json.member("available", values.typeReaderProblem == nil)
                json.member("reason", values.typeReaderProblem)
            }
            json.member("layouts") { $0.member("problems", array: values.layoutProblems) }
        }
    }

    private static func members(of image: Image, to json: inout JSONWriter) {
        json.member("path", image.path)
        json.member("start", hexadecimal: image.start)
        json.member("end", hexadecimal: image.end)
        json.member("buildID", image.buildID.isEmpty ? nil : image.buildID)
        json.member("loadedAt", image.loadedAt)
        json.member("unloadedAt", image.unloadedAt)
    }
}

/// Where the names of an image's code come from, and what is missing.
package struct ImageNames: Sendable, Hashable {
    package enum Functions: String, Sendable {
        case all, exported, none
    }

    package var functions: Functions
    /// Whether there is information about source lines and inlined calls.
    package var hasLines: Bool
    /// The separate debug file that was found; nil when there is none, or when none was needed.
    package var debugFile: String?
    /// What is missing, why, and how to get it if that is known; nil when nothing is missing.
    package var problem: String?

    package init(functions: Functions, hasLines: Bool, debugFile: String? = nil, problem: String? = nil) {
        self.functions = functions
        self.hasLines = hasLines
        self.debugFile = debugFile
        self.problem = problem
    }
}

extension ImageNames {
    /// Reads the files of mapped images, and closes them again.
    static func add(_ images: [Image], to known: inout [ImageKey: ImageNames]) {
        var lacking: [(image: Image, names: ImageNames)] = []
        for image in images {
            let names = ImageNames(of: image)
            known[ImageKey(image)] = names
            if names.problem != nil { lacking.append((image, names)) }
        }
        let owners = PackageOwners.find(lacking.map { $0.image.filePath })
        for (image, names) in lacking {
            guard let owner = owners[image.filePath], let problem = names.problem else { continue }
            // Older packages use another suffix; libc's package still does.
            let symbols = owner + (owner == "libc6" ? "-dbg" : "-dbgsym")
            known[ImageKey(image)]?.problem = problem + "; package \(owner), whose symbols \(symbols) has as a rule"
        }
    }

    private init(of image: Image) {
        guard let elf = ImageFile.open(image) else {
            self.init(functions: .none, hasLines: false, problem: Self.noFile(image))
            return
        }
        let needsMore = elf.debugInfo != .readable || elf.symbolKind != .all
        let debug = needsMore ? DebugFile.find(for: elf, at: image.filePath) : nil
        let files = [elf] + (debug.map { [$0.elf] } ?? [])
        let symbols = files.map(\.symbolKind).max() ?? .none
        self.init(
            functions: symbols == .all ? .all : symbols == .exported ? .exported : .none,
            hasLines: files.contains { $0.debugInfo == .readable },
            debugFile: debug?.path
        )
        problem = lacking(isCompressed: files.contains { $0.debugInfo == .compressed })
    }

    private static func noFile(_ image: Image) -> String {
        if image.path == "[vdso]" { return "the kernel's own code, which has no file" }
        return image.path.hasPrefix("/")
            ? "its file is gone, cannot be read, or is not the one that was loaded" : "where its file is is not known"
    }

    private func lacking(isCompressed: Bool) -> String? {
        var parts: [String] = []
        switch functions {
        case .all: break
        case .exported: parts.append("no symbol table: only exported functions have names")
        case .none: parts.append("no symbol table: functions have no names")
        }
        if isCompressed, !hasLines {
            parts.append(
                "debug sections in a compression that this libelf cannot read, so neither lines nor inlined calls:"
                    + " zstd needs elfutils 0.189 or newer"
            )
        } else if !hasLines {
            parts.append("no debug information: neither lines nor inlined calls")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

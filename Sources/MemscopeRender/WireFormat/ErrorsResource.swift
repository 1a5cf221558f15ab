package import MemscopeAnalysis
package import Tracking

/// A memory error with its names.
package struct ErrorValues: Sendable {
    /// The stack and the thread that accessed, allocated or freed the block; without a stack, they are not known.
    package struct Witness: Sendable {
        package var stack: [Frame] = []
        /// Nil when there is no stack.
        package var quality: UnwindQuality?
        /// Nil when the thread is not known.
        package var thread: ThreadRecord?

        package init() {}
    }

    package var error: MemoryError
    /// Nil when the error has no known block.
    package var type: BlockType?
    package var access = Witness()
    package var allocated = Witness()
    package var freed = Witness()
    /// Whether the memory around the damage may be shown.
    package var showsContents = false

    package init(_ error: MemoryError) {
        self.error = error
    }
}

extension WireFormat {
    /// Answers `GET /api/errors`.
    package static func errors(
        _ page: Page<MemoryError>,
        naming: (MemoryError) -> ErrorValues,
        checks: CheckTotals,
        in envelope: Envelope
    ) -> [UInt8] {
        list("errors", page, in: envelope) {
            members(of: naming($1), to: &$0)
        } more: { json in
            json.member("checks") { members(of: checks, to: &$0) }
        }
    }

    /// The data of the event `memoryerror`.
    package static func memoryErrors(_ checks: CheckTotals, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { json in totals(of: checks, to: &json) }
    }

    static func members(of values: ErrorValues, to json: inout JSONWriter) {
        let error = values.error
        json.member("id", error.id)
        json.member("kind", error.kind.rawValue)
        json.member("title", error.title)
        json.member("note", error.note)
        json.member("found", error.discovery.rawValue)
        json.member("address", hexadecimal: error.address)
        json.key("block")
        if let target = error.target { json.hexadecimal(target.address) } else { json.null() }
        json.member("size", error.target?.size)
        json.member("offset", error.target?.offset)
        json.member("type", values.type?.name)
        json.member("typeKind", values.type?.kind.rawValue)
        json.member("count", error.count)
        json.member("firstSeen", error.firstSeen)
        json.member("lastSeen", error.lastSeen)
        json.member("refused", error.isRefused)
        json.member("fatal", error.isFatal)
        json.member("guessed", error.isGuessed)
        json.stack(values.access.stack, as: "access")
        json.stack(values.allocated.stack, as: "allocated")
        json.stack(values.freed.stack, as: "freed")
        json.member("stackQualities") { json in
            json.member("access", values.access.quality?.rawValue)
            json.member("allocated", values.allocated.quality?.rawValue)
            json.member("freed", values.freed.quality?.rawValue)
        }
        json.member("threads") { json in
            thread("access", values.access, to: &json)
            thread("allocated", values.allocated, to: &json)
            thread("freed", values.freed, to: &json)
        }
        bytes(of: values, to: &json)
    }

    private static func thread(_ key: String, _ witness: ErrorValues.Witness, to json: inout JSONWriter) {
        json.key(key)
        guard let thread = witness.thread else { return json.null() }
        json.object { json in
            json.member("id", thread.id)
            json.member("tid", thread.tid)
            json.member("name", thread.name)
        }
    }

    /// Null, unless the settings allow contents of memory to be shown.
    private static func bytes(of values: ErrorValues, to json: inout JSONWriter) {
        json.key("bytes")
        guard values.showsContents, !values.error.bytes.isEmpty else { return json.null() }
        json.object { json in
            json.member("address", hexadecimal: values.error.bytesAt)
            json.member("hexadecimal", hexadecimal(values.error.bytes))
        }
    }

    // MARK: The checks

    static func members(of checks: CheckTotals, to json: inout JSONWriter) {
        json.member("mode", checks.mode.rawValue)
        json.member("onError", checks.abortsOnError ? "abort" : "report")
        json.member("guard") { json in
            json.member("rate", checks.guarded.rate)
            json.member("slots", checks.guarded.slots)
            json.member("blocks", checks.guarded.blocks)
            json.member("liveBlocks", checks.guarded.liveBlocks)
            json.member("full", checks.guarded.full)
            json.member("faults", checks.guarded.faults)
        }
        json.member("quarantine") { json in
            json.member("blocks", checks.quarantine.blocks)
            json.member("bytes", checks.quarantine.bytes)
            json.member("limitBytes", checks.quarantine.limitBytes)
            json.member("skipped", checks.quarantine.skipped)
        }
        json.member("canariedBlocks", checks.canariedBlocks)
        json.member("lostBlocks", checks.lostBlocks)
        json.member("unknownFrees", checks.unknownFrees)
        json.member("sweeps", checks.sweeps)
        json.member("totals") { totals(of: checks, to: &$0) }
    }

    private static func totals(of checks: CheckTotals, to json: inout JSONWriter) {
        json.member("errors", checks.errors)
        json.member("distinct", checks.distinct)
        json.member("dropped", checks.dropped)
        json.member("byKind", array: MemoryError.Kind.allCases) { json, kind in
            json.object { json in
                json.member("kind", kind.rawValue)
                json.member("count", checks.byKind[kind] ?? 0)
            }
        }
    }
}

package import MemscopeAnalysis
package import Tracking

/// A tracked variable with everything that is known of it.
package struct VariableValues: Sendable {
    /// A word of its value that refers to a block, or did.
    package struct Reference: Sendable {
        package var reference: VariableReference
        /// The stored property in the value; empty for the value itself, nil when its type could not be read.
        package var field: String?
        /// Nil when the type of the variable could not be read.
        package var kind: EdgeKind?
        /// The type of the block; nil when it has ended.
        package var type: BlockType?
        /// Strong references to the object; nil when there is no count.
        package var strong: Int?

        package init(_ reference: VariableReference) { self.reference = reference }
    }

    package var usage: MemScope.VariableUsage
    package var references: [Reference]
    package var changes: [VariableChange]
    package var isTruncated: Bool

    package init(
        _ usage: MemScope.VariableUsage,
        references: [Reference],
        changes: [VariableChange],
        isTruncated: Bool
    ) {
        (self.usage, self.references, self.changes) = (usage, references, changes)
        self.isTruncated = isTruncated
    }
}

extension WireFormat {
    /// Answers `GET /api/variables`; `scan` is the scan from which retained bytes come.
    package static func variables(
        _ page: Page<MemScope.VariableUsage>,
        of census: VariableCensus,
        scan: MemScope.HeapAnalysis.Scan?,
        in envelope: Envelope
    ) -> [UInt8] {
        var envelope = envelope
        envelope.isIncomplete = envelope.isIncomplete || census.dropped + census.droppedBlocks > 0
        return list("variables", page, in: envelope) { json, variable in
            row(variable, to: &json)
        } more: { json in
            json.member("droppedVariables", census.dropped)
            json.member("droppedBlocks", census.droppedBlocks)
            json.member("forgottenVariables", census.forgotten)
            json.key("scan")
            if let scan { json.object { members(of: scan, to: &$0) } } else { json.null() }
        }
    }

    /// Answers `GET /api/variables/{id}`.
    package static func variable(
        _ values: VariableValues,
        naming: (UInt32) -> [Frame],
        in envelope: Envelope
    ) -> [UInt8] {
        answer(in: envelope, isTruncated: values.isTruncated) { json in
            json.member("variable") { row(values.usage, to: &$0) }
            json.member("references", array: values.references) { json, each in
                json.object { reference(each, naming: naming, to: &$0) }
            }
            json.member("changes", array: values.changes) { json, change in
                json.object { json in
                    json.member("time", change.time)
                    json.member("kind", change.kind.rawValue)
                    json.member("bytes", change.bytes)
                    json.stack(naming(change.site))
                }
            }
        }
    }

    private static func reference(
        _ values: VariableValues.Reference,
        naming: (UInt32) -> [Frame],
        to json: inout JSONWriter
    ) {
        let reference = values.reference
        json.member("field", values.field)
        json.member("kind", values.kind.map { "\($0)" })
        json.member("address", hexadecimal: reference.address)
        json.member("bytes", reference.size)
        json.member("type", values.type?.name)
        json.member("typeKind", values.type?.kind.rawValue)
        json.member("strong", values.strong)
        json.stack(naming(reference.site), as: "allocated")
        json.key("end")
        guard let end = reference.end else { return json.null() }
        json.object { json in
            json.member("time", end.time)
            json.member("thread", end.thread == 0 ? nil : end.thread)
            json.stack(naming(end.site))
        }
    }

    private static func row(_ variable: MemScope.VariableUsage, to json: inout JSONWriter) {
        json.member("id", variable.id)
        json.member("name", variable.name)
        json.member("type", variable.type)
        json.member("dynamicType", variable.dynamicType)
        json.member("place") { json in
            json.member("file", variable.place.file)
            json.member("function", variable.place.function)
            json.member("line", variable.place.line)
        }
        json.member("thread", variable.thread)
        json.member("task", variable.task)
        json.member("scope", variable.scope)
        json.member("born", variable.born)
        json.member("died", variable.died)
        json.key("alive")
        if let isAlive = variable.isAlive { json.bool(isAlive) } else { json.null() }
        json.member("blocks", variable.blocks)
        json.member("bytes", variable.bytes)
        json.member("sharedBytes", variable.sharedBytes)
        json.member("retainedBytes", variable.retainedBytes)
        json.member("changes", variable.changes)
        json.member("copies", variable.copies)
        json.member("copiedBytes", variable.copiedBytes)
        json.member("typeKnown", variable.isTypeKnown)
        json.member("history", array: variable.history) { json, point in
            json.object { json in
                json.member("time", point.time)
                json.member("bytes", point.bytes)
            }
        }
    }
}

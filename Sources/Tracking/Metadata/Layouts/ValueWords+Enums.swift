// Enums: all payloads begin at the enum's first byte; the case is only known when the value is read.
extension ValueWords {
    mutating func addEnum(_ type: UInt64, _ extent: Range<UInt64>, _ path: String, _ depth: Int) {
        guard !disabled.contains(.enums), let nominal = NominalType(type), let records = nominal.records else {
            return addWords(extent, path)
        }
        let isStandard = TypeNames.runtimeName(type).hasPrefix("Swift.")
        let isOptional = SafeMemory.word(at: type) == 0x202
        var payloads: [[BlockLayout.Field]] = []
        for record in records where record.type != nil {
            let inner = isStandard ? path : Self.join(path, record.name)
            guard var fields = payload(record, of: nominal, extent, inner, depth) else {
                isComplete = false
                return
            }
            if !isOptional { Self.fix(inner, in: &fields) }
            payloads.append(fields)
        }
        let merged = Self.merge(payloads, path: path)
        guard !Self.isPlain(payloads, merged, extent), ValueWitness(of: type)?.hasCases == true else {
            fields += merged
            return
        }
        for field in merged {
            let cases = WordChoice.cases(of: type, at: extent.lowerBound)
            addWord(field.offset, field.kind, field.name, .anything, cases, form: field.form)
        }
    }

    /// The words of one case of an enum, counted from the enum's first byte; nil when they are not known.
    ///
    /// The number is that of the enum's witness, which is the order of the records: cases with payloads first.
    static func fields(
        ofCase number: Int,
        of type: UInt64,
        size: UInt64,
        without disabled: Set<LayoutPart>
    ) -> [BlockLayout.Field]? {
        guard let nominal = NominalType(type), let records = nominal.records, number < records.count else { return nil }
        guard records[number].type != nil else { return [] }
        return ValueWords(without: disabled).payload(records[number], of: nominal, 0..<size, "", 0)
    }

    private func payload(
        _ record: NominalType.Record,
        of nominal: NominalType,
        _ extent: Range<UInt64>,
        _ path: String,
        _ depth: Int
    ) -> [BlockLayout.Field]? {
        guard let mangled = record.type else { return [] }
        var words = ValueWords(without: disabled)
        if record.isIndirect {
            words.addWord(extent.lowerBound, .strong, path, .object, form: .fixed)
        } else {
            let type = nominal.type(of: record) ?? 0
            words.add(mangled, type: type, at: extent.lowerBound, end: extent.upperBound, path: path, depth: depth + 1)
        }
        return words.isComplete ? words.fields : nil
    }

    /// Whether the merged fields are right for every word that points to a block, whatever the case.
    ///
    /// This is so for the only reference of the only payload, because a value of a case without payload is a word that
    /// points nowhere; and for an enum of one word that is a reference in every case.
    private static func isPlain(
        _ payloads: [[BlockLayout.Field]],
        _ merged: [BlockLayout.Field],
        _ extent: Range<UInt64>
    ) -> Bool {
        guard merged.count == 1 else { return merged.isEmpty }
        guard merged[0].kind != .conservative else { return false }
        return payloads.count == 1 || extent.count <= 8 && payloads.allSatisfy { !$0.isEmpty }
    }

    /// Merges the words of all cases, with one meaning for each word: a reference in any case is a reference.
    private static func merge(_ payloads: [[BlockLayout.Field]], path: String) -> [BlockLayout.Field] {
        if payloads.count == 1 { return payloads[0] }
        var merged: [UInt64: BlockLayout.Field] = [:]
        for field in payloads.joined() {
            guard var known = merged[field.offset] else {
                merged[field.offset] = field
                continue
            }
            if known.kind != field.kind { known.kind = .conservative }
            if known.target != field.target { known.target = .anything }
            if known.name != field.name { known.name = path }
            if known.form != field.form { known.form = .fixed }
            merged[field.offset] = known
        }
        return Array(merged.values)
    }
}

package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/objects/{addr}`.
    package static func object(
        _ object: ObjectValues,
        scan: MemScope.HeapAnalysis.Scan,
        in envelope: Envelope
    ) -> [UInt8] {
        let isTruncated = [object.referrers, object.referents].contains { $0.total > $0.first.count }
        return answer(in: envelope, isTruncated: isTruncated) { json in
            json.member("address", hexadecimal: object.address)
            json.member("size", object.size)
            json.member("type", object.type.name)
            json.member("kind", object.type.kind.rawValue)
            origin(of: object, to: &json)
            json.member("retainedBytes", object.retainedBytes)
            json.member("reachable", object.isReachable)
            rootPath(object.rootPath, to: &json)
            neighbours("referrers", object.referrers, to: &json)
            neighbours("referents", object.referents, to: &json)
            json.key("dominator")
            if let dominator = object.dominator {
                json.object { json in
                    json.member("address", hexadecimal: dominator.address)
                    json.member("type", dominator.type)
                }
            } else {
                json.null()
            }
            json.member("scan") { members(of: scan, to: &$0) }
        }
    }

    /// Answers `GET /api/objects/{addr}/referrers` and `…/referents`.
    ///
    /// `first` is the number of the page's first row in the whole list.
    package static func neighbours(
        _ key: String,
        _ list: ObjectValues.Neighbours,
        from first: Int,
        scan: MemScope.HeapAnalysis.Scan,
        in envelope: Envelope
    ) -> [UInt8] {
        let next = first + list.first.count
        let isTruncated = next < list.total
        return answer(in: envelope, isTruncated: isTruncated) { json in
            json.member(key, array: list.first) { json, each in json.object { members(of: each, to: &$0) } }
            json.member("total", list.total)
            json.member("next", isTruncated ? String(next) : nil)
            json.member("scan") { members(of: scan, to: &$0) }
        }
    }

    /// Answers `GET /api/types/{name}/objects`.
    package static func instances(
        _ page: Page<InstanceValues>,
        scan: MemScope.HeapAnalysis.Scan,
        in envelope: Envelope
    ) -> [UInt8] {
        list("objects", page, in: envelope) { json, row in
            json.member("address", hexadecimal: row.address)
            json.member("type", row.type.name)
            json.member("kind", row.type.kind.rawValue)
            json.member("size", row.size)
            json.member("retainedBytes", row.retainedBytes)
            json.member("reachable", row.isReachable)
            json.member("birth", row.birth)
            json.member("site", row.site)
        } more: { json in
            json.member("scan") { members(of: scan, to: &$0) }
        }
    }

    private static func origin(of object: ObjectValues, to json: inout JSONWriter) {
        json.member("birth", object.birth)
        json.member("thread", object.thread == 0 ? nil : object.thread)
        if object.task == 0 {
            json.member("task", nil as String?)
        } else {
            json.member("task", hexadecimal: object.task)
        }
        json.member("site", object.site)
        json.stack(object.stack)
        json.key("counts")
        guard let counts = object.counts else { return json.null() }
        json.object { json in
            json.member("strong", counts.strong)
            json.member("unowned", counts.unowned)
            json.member("weak", counts.weak)
        }
    }

    private static func rootPath(_ path: ObjectValues.RootPath?, to json: inout JSONWriter) {
        json.key("rootPath")
        guard let path else { return json.null() }
        json.open("[")
        json.object { json in
            json.member("root") { json in
                json.member("kind", "\(path.root.kind)")
                json.member("tid", path.root.tid)
                json.member("image", path.root.image)
                json.member("symbol", path.root.symbol)
            }
        }
        for step in path.steps { json.object { members(of: step, to: &$0) } }
        json.close("]")
    }

    private static func neighbours(_ key: String, _ list: ObjectValues.Neighbours, to json: inout JSONWriter) {
        json.member(key, array: list.first) { json, each in json.object { members(of: each, to: &$0) } }
        json.member(key + "Total", list.total)
    }

    private static func members(of neighbour: ObjectValues.Neighbour, to json: inout JSONWriter) {
        members(of: neighbour.block, to: &json)
        json.member("kind", "\(neighbour.kind)")
    }

    private static func members(of step: ObjectValues.Step, to json: inout JSONWriter) {
        json.member("address", hexadecimal: step.address)
        json.member("type", step.type)
        json.member("field", step.field)
    }
}

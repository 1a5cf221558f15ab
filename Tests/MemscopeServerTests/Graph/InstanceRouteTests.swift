import Foundation
import Glibc
import MemscopeServer
import Testing

@Suite("The blocks of a type") struct InstanceRouteTests {
    @Test("Every page of them, by what they retain, by size, by age") func pages() async {
        await #expect(processExitsWith: .success) {
            // Each holds one account more than the one before.
            let owners = (0..<25).map { number in
                let owner = Owner()
                for _ in 0...number { owner.accounts.append(Account()) }
                return owner
            }
            let addresses = owners.map { owner in
                unsafe "0x" + String(UInt(bitPattern: Unmanaged.passUnretained(owner).toOpaque()), radix: 16)
            }
            let api = API()
            #expect(api.post("/api/leakscan").status == 200)
            let name = try #require(row(in: api.get("/api/types?limit=1000").data.types, named: ".Owner"))
            let path = "/api/types/\(name)/objects"
            for (sort, expected) in [("", addresses.reversed() + []), ("&sort=retainedBytes", addresses)] {
                let rows = allRows(api, "\(path)?limit=10\(sort)", "objects")
                #expect(rows.map(\.address.text) == expected)
                #expect(rows.allSatisfy { $0.type.text == name && $0.kind.text == "class" })
                #expect(rows.allSatisfy { $0.reachable.flag == true })
                #expect(rows.allSatisfy { ($0.retainedBytes.number ?? 0) > ($0.size.number ?? .max) })
            }
            let births = allRows(api, "\(path)?limit=7&sort=birth", "objects").map(\.birth.number)
            #expect(births.count == 25 && births.compactMap(\.self).sorted() == births)
            #expect(api.get("\(path)?kind=class").data.total.number == 25)
            #expect(api.get("\(path)?kind=array").status == 404)
            #expect(owners.count == 25)
        }
    }

    @Test("What no block is, and what is no kind, is said so") func refusals() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            let missing = api.get("/api/types/Nothing%20such/objects")
            #expect(missing.status == 404 && missing.error.message.text?.contains("\"Nothing such\"") == true)
            #expect(missing.error.hint.text?.contains("/api/types") == true)
            for query in ["kind=", "kind=clas", "sort=name", "limit=0", "cursor=x", "colour=red"] {
                #expect(api.get("/api/types/Owner/objects?\(query)").status == 400, "\(query)")
            }
        }
    }

    @Test("Pages of who holds a block, and of what it holds, join to the whole") func neighbours() async {
        await #expect(processExitsWith: .success) {
            let friend = Tied()
            let holders = (0..<230).map { _ in
                let holder = Tied()
                holder.other = friend
                return holder
            }
            let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(friend).toOpaque())
            let api = API()
            #expect(api.post("/api/leakscan").status == 200)
            let object = api.get("/api/objects/0x\(String(address, radix: 16))").data
            let total = try #require(object.referrersTotal.number)
            #expect(total >= 230 && object.referrers.list.count == 100)
            let all = allRows(api, "/api/objects/0x\(String(address, radix: 16))/referrers?limit=64", "referrers")
            let places = Set(all.map { "\($0.address.text ?? "") \($0.field.text ?? "")" })
            #expect(all.count == total && places.count == total)
            #expect(all.prefix(100).map(\.address.text) == object.referrers.list.map(\.address.text))

            let storage = all.first { $0.field.text == "other" }?.address.text ?? ""
            let referents = allRows(api, "/api/objects/\(storage)/referents?limit=1", "referents")
            #expect(referents.contains { $0.address.text == object.address.text && $0.kind.text == "strong" })
            let behind = api.get("/api/objects/\(storage)/referents?cursor=999999")
            #expect(behind.data.referents.list.isEmpty && behind.data.next.isNull)
            for bad in ["-1", "+1", "x", "", "99999999999999999999"] {
                #expect(api.get("/api/objects/\(storage)/referents?cursor=\(bad)").status == 400, "\(bad)")
            }
            #expect(holders.count == 230)
        }
    }
}

private func row(in types: JSONValue, named suffix: String) -> String? {
    types.list.compactMap(\.name.text).first { $0.hasSuffix(suffix) }
}

/// Follows `next` to the end.
private func allRows(_ api: API, _ target: String, _ key: String) -> [JSONValue] {
    var rows: [JSONValue] = []
    var cursor: String? = ""
    while let here = cursor {
        let data = api.get(here.isEmpty ? target : "\(target)&cursor=\(here)").data
        rows += data[dynamicMember: key].list
        cursor = data.next.text
    }
    return rows
}

import Glibc
import MemscopeServer
import Testing

@Suite("Objects") struct ObjectRouteTests {
    @Test("A held object tells who holds it, from the root on, and what it holds") func held() async {
        await #expect(processExitsWith: .success) {
            let owner = makeHeldOwner()
            let api = API()
            #expect(api.post("/api/leakscan").status == 200)
            let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(owner).toOpaque())
            // Any address within the block will do.
            let object = api.get("/api/objects/0x" + String(address + 9, radix: 16)).data
            #expect(object.address.text == "0x" + String(address, radix: 16))
            #expect(object.type.text?.hasSuffix(".Owner") == true && object.kind.text == "class")
            #expect(object.reachable.flag == true && object.thread.number != nil)
            #expect(object.stack.list.contains { $0.function.text?.contains("makeHeldOwner") == true })
            let path = object.rootPath.list
            #expect(path.first?.root.kind.text == "stack" || path.first?.root.kind.text == "register")
            #expect(path.last?.address.text == object.address.text)
            #expect(object.referents.list.count >= 1 && object.referrers.list.count >= 1)
            #expect(object.counts.strong.number ?? 0 >= 2 && object.counts.weak.number == 0)
            #expect(object.retainedBytes.number ?? 0 > object.size.number ?? .max)
            #expect(owner.name == 7)
        }
    }

    @Test("A lost object has no way from a root") func lost() async {
        await #expect(processExitsWith: .success) {
            lose(2, loseLonely)
            let api = API()
            let leak = try #require(row(in: api.get("/api/leaks").data.leaks, withType: "Lonely"))
            let address = try #require(leak.addresses.list.first?.text)
            let object = api.get("/api/objects/\(address)").data
            #expect(object.reachable.flag == false && object.rootPath.isNull)
            #expect(object.counts.strong.number == 1)
        }
    }

    @Test("Weak references are counted in the side table") func weak() async {
        await #expect(processExitsWith: .success) {
            let friend = Tied()
            let holders = (0..<3).map { _ in Tied() }
            for holder in holders { holder.friend = friend }
            let api = API()
            #expect(api.post("/api/leakscan").status == 200)
            // The counts are those of the scan.
            holders[0].friend = nil
            let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(friend).toOpaque())
            let object = api.get("/api/objects/0x" + String(address, radix: 16)).data
            #expect(object.counts.weak.number == 3)
            #expect(object.counts.strong.number ?? 0 >= 1)
            #expect(holders.count == 3 && friend.other == nil)
        }
    }

    @Test("What is no address, and where no block was, is said so", arguments: ["10", "0xzz", "0x+1", "x", "0x"])
    func badAddress(text: String) {
        let answer = API.shared.get("/api/objects/\(text)")
        #expect(answer.status == 400)
        #expect(answer.error.message.text?.contains("\"\(text)\"") == true)
        #expect(answer.error.hint.text?.contains("begins with 0x") == true)
    }

    @Test("Where no block was it says how to look again") func noBlock() async {
        await #expect(processExitsWith: .success) {
            let answer = API().get("/api/objects/0x10")
            #expect(answer.status == 404)
            #expect(answer.error.hint.text?.contains("POST /api/leakscan") == true)
        }
    }

    @Test("Types know what they retain once the heap was looked at") func types() async {
        await #expect(processExitsWith: .success) {
            let owners = (0..<10).map { _ in makeHeldOwner() }
            let api = API()
            let before = api.get("/api/types?limit=1000").data.types.list
            #expect(before.allSatisfy { $0.retainedBytes.isNull })
            #expect(api.post("/api/leakscan").status == 200)
            let after = api.get("/api/types?limit=1000").data.types.list
            let owner = try #require(after.first { $0.name.text == "MemscopeServerTests.Owner" })
            #expect(owner.blocks.number == 10)
            #expect(owner.retainedBytes.number ?? 0 > owner.bytes.number ?? .max)
            #expect(owners.count == 10)
        }
    }
}

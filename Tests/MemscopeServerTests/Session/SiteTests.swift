import CMemscope
import MemscopeServer
import Testing
import Tracking

@Suite("Call stacks that read the same") struct EqualSitesTests {
    private func stack(line: Int, address: UInt64, file: String? = "/src/Loop.swift") -> [Frame] {
        [
            Frame(function: "Demo.lose() -> ()", file: file, line: line, image: "demo", address: address),
            Frame(function: "main", file: file, line: 9, image: "demo", address: 0x2000),
        ]
    }

    @Test("Return addresses make no difference, all else does") func names() {
        let stacks: [UInt32: [Frame]] = [
            1: stack(line: 7, address: 0x1000), 2: stack(line: 7, address: 0x1010), 3: stack(line: 8, address: 0x1000),
            4: Array(stack(line: 7, address: 0x1000).dropLast()), 5: stack(line: 7, address: 0x1000, file: nil),
            6: [], 7: [],
        ]
        var sites = EqualSites()
        func representative(_ site: UInt32) -> UInt32 {
            sites.representative(of: site) { stacks[$0] ?? [] }
        }
        #expect((1...7).map { representative($0) } == [1, 1, 3, 4, 5, 6, 7])
    }

    @Test("Who stands for all stays so, whichever comes later, and its stack is named once") func stable() {
        var sites = EqualSites()
        var asked: [UInt32] = []
        for site in [9, 3, 9, 3, 1] as [UInt32] {
            let found = sites.representative(of: site) { site in
                asked.append(site)
                return stack(line: 1, address: UInt64(site))
            }
            #expect(found == 9)
        }
        #expect(asked == [9, 3, 1])
    }

    @Test("Another one stands for all when the first was recycled") func recycled() {
        var sites = EqualSites()
        func representative(_ site: UInt32) -> UInt32 {
            sites.representative(of: site) { stack(line: $0 < 100 ? 1 : 2, address: UInt64($0)) }
        }
        #expect([9, 3, 1, 100].map { representative($0) } == [9, 9, 9, 100])
        sites.keep { $0 != 9 }
        #expect([3, 1, 100].map { representative($0) } == [3, 3, 100])
    }
}

private final class Page { let number = 1 }

@Suite("Types of call stacks") struct SiteTypesTests {
    @inline(never) private func makePages() -> [Page] { (0..<50).map { _ in Page() } }

    @Test("A call stack has the type that most of its bytes are, without a look at the heap") func types() throws {
        let pages = makePages()
        let addresses = Set(pages.map { unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained($0).toOpaque())) })
        var sites: [UInt32: Int] = [:]
        var others: Set<UInt32> = []
        let walk = patiently {
            LiveBlocks { blocks in
                for block in blocks {
                    if addresses.contains(block.address) {
                        sites[block.site, default: 0] += 1
                    } else {
                        others.insert(block.site)
                    }
                }
            }
        }
        #expect(walk.missed == 0 && sites.values.reduce(0, +) == 50)
        let names = MetadataStore()
        let types = patiently { SiteTypes.read(of: Set(sites.keys), names) }
        #expect(Set(types.keys) == Set(sites.keys))
        #expect(types.values.allSatisfy { $0.name.hasSuffix(".Page") && $0.kind == .class })
        #expect(patiently { SiteTypes.read(of: [], names) }.isEmpty)
        withExtendedLifetime(pages) {}
    }
}

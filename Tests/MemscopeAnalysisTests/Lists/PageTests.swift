import MemscopeAnalysis
import Testing
import Tracking

@Suite("Paging") struct PageTests {
    /// Few distinct figures, so that pages break within ties.
    private func sites(_ count: UInt32) -> [Site] {
        (0..<count).map { id in
            let counts = Counts(
                allocations: UInt64(id % 5 + 3),
                frees: UInt64(id % 3),
                allocatedBytes: UInt64(id % 7) * 100 + 900,
                freedBytes: UInt64(id % 4) * 100
            )
            return Site(id: id, addresses: [], counts: counts, peakBytes: UInt64(id % 2) * 5000)
        }.shuffled()
    }

    private let types: [TypeTotal] = {
        let long = String(repeating: "Größe", count: 40)
        return (0..<60).map { index in
            let name = index % 3 == 0 ? long + "\(index)" : "Demo.T\(index)"
            return TypeTotal(
                type: BlockType(name: name, kind: index % 2 == 0 ? .class : .box),
                blocks: UInt64(index % 4),
                bytes: UInt64(index % 6)
            )
        }.shuffled()
    }()

    private func walk<Row, Column>(
        _ order: ListOrder<Column>,
        page: (PageCursor<Column>?) -> Page<Row>
    ) throws -> [Row] {
        var rows: [Row] = []
        var cursor: PageCursor<Column>?
        for _ in 0..<1000 {
            let page = page(cursor)
            rows += page.rows
            guard let next = page.next else { return rows }
            let behind: PageCursor<Column> = try #require(PageCursor(next))
            #expect(behind.order == order)
            cursor = behind
        }
        Issue.record("paging does not end")
        return rows
    }

    @Test("Pages visit each site once, in order", arguments: SiteColumn.allCases, [1, 7, 50, 200, 1000])
    func visitsSites(column: SiteColumn, limit: Int) throws {
        let sites = sites(200)
        for isDescending in [true, false] {
            let order = ListOrder(column, isDescending: isDescending)
            let rows = try walk(order) { Page(sites: sites, order: order, after: $0, limit: limit) }
            let expected = sites.sorted {
                let (left, right) = (column.value(of: $0), column.value(of: $1))
                return left == right ? $0.id < $1.id : (left < right) != isDescending
            }
            #expect(rows.map(\.id) == expected.map(\.id))
        }
    }

    @Test("Pages visit each type once, long names too", arguments: TypeColumn.allCases, [1, 7, 60])
    func visitsTypes(column: TypeColumn, limit: Int) throws {
        for isDescending in [true, false] {
            let order = ListOrder(column, isDescending: isDescending)
            func retained(_ type: BlockType) -> UInt64? { type.name.utf8.count.isMultiple(of: 3) ? nil : 7 }
            let rows = try walk(order) {
                Page(types: types, order: order, after: $0, limit: limit, retained: retained)
            }
            #expect(rows.count == types.count)
            #expect(Set(rows.map(\.type)).count == types.count)
            switch column {
            case .bytes: #expect(rows.map(\.bytes) == rows.map(\.bytes).sorted { ($0 < $1) != isDescending })
            case .blocks: #expect(rows.map(\.blocks) == rows.map(\.blocks).sorted { ($0 < $1) != isDescending })
            case .retainedBytes:
                let values = rows.map { retained($0.type) ?? 0 }
                #expect(values == values.sorted { ($0 < $1) != isDescending })
            case .name:
                let short = rows.map(\.type.name).filter { $0.hasPrefix("Demo") }
                #expect(short == short.sorted { ($0 < $1) != isDescending })
            }
        }
    }

    @Test("Pages visit each thread once", arguments: ThreadColumn.allCases)
    func visitsThreads(column: ThreadColumn) throws {
        let threads = (1...40).map {
            ThreadRecord(id: $0, tid: Int32($0), name: "t", counts: Counts(allocations: UInt64($0 % 3)))
        }
        let order = ListOrder(column, isDescending: true)
        let rows = try walk(order) { Page(threads: threads, order: order, after: $0, limit: 9) }
        #expect(Set(rows.map(\.id)) == Set(1...40))
        #expect(rows.count == 40)
    }

    @Test("Rows that come in between do not shift the next page")
    func insertions() throws {
        let order = ListOrder(SiteColumn.bytes, isDescending: true)
        let old = (1...10).map { Site(id: $0, addresses: [], counts: Counts(allocatedBytes: UInt64($0) * 10)) }
        let first = Page(sites: old, order: order, limit: 5)
        let grown = old + [Site(id: 11, addresses: [], counts: Counts(allocatedBytes: 1000))]
        let next = try #require(first.next)
        let cursor = PageCursor<SiteColumn>(next)
        #expect(cursor != nil)
        let second = Page(sites: grown, order: order, after: cursor, limit: 5)
        #expect(second.rows.map(\.id) == [5, 4, 3, 2, 1])
        #expect(second.next == nil)
    }

    @Test("An empty list is one empty page")
    func empty() {
        let page = Page(sites: [], order: ListOrder(.bytes, isDescending: true), limit: 5)
        #expect(page.rows.isEmpty && page.total == 0 && page.next == nil)
    }

    @Test(
        "A cursor that is malformed is refused",
        arguments: [
            "", "x", "-bytes.1", "-bytes.1..", "-bytes.zz..1", "-bytes.1.f.1", "size.1..1", "-bytes.+1..1",
            "-bytes.A..1", "-bytes.00000000000000001..1",
        ]
    )
    func badCursor(text: String) {
        #expect(PageCursor<SiteColumn>(text) == nil)
        #expect(text.wholeMatch(of: try! Regex(PageCursor<SiteColumn>.pattern)) == nil)
    }

    @Test("Orders are read as they are written, unknown columns are refused")
    func orders() {
        #expect(ListOrder<SiteColumn>("-peakBytes")?.text == "-peakBytes")
        #expect(ListOrder<SiteColumn>("blocks") == ListOrder(.blocks, isDescending: false))
        #expect(ListOrder<SiteColumn>("name") == nil)
        #expect(ListOrder<SiteColumn>("--bytes") == nil)
    }

    @Test("MemScope's own threads are summed up apart")
    func ownThreads() {
        let counts = Counts(allocations: 3, frees: 2, allocatedBytes: 30, freedBytes: 20)
        let own = OwnThreads(in: [
            ThreadRecord(id: 1, tid: 1, name: "main", counts: counts),
            ThreadRecord(id: 2, tid: 2, name: "server", isInternal: true, counts: counts),
            ThreadRecord(id: 3, tid: 3, name: "collector", isInternal: true, counts: counts),
        ])
        #expect(own.count == 2)
        #expect(own.counts == Counts(allocations: 6, frees: 4, allocatedBytes: 60, freedBytes: 40))
    }
}

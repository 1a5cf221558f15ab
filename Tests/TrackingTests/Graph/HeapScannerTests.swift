import Glibc
import Testing
import Tracking

private final class Parent {
    var name = String(repeating: "name ", count: 10)
    var children: [Child] = []
    var byName: [String: Child] = [:]
    var onChange: (() -> Void)?
}
private final class Child {
    weak var parent: Parent?
    unowned var maker: Parent
    init(_ parent: Parent) {
        self.parent = parent
        maker = parent
    }
}

@Suite("Heap scanner", .serialized) struct HeapScannerTests {
    private let store = MetadataStore()

    /// Another suite may be walking the heap.
    private func scan(_ options: HeapScanner.Options = HeapScanner.Options()) throws -> HeapGraph {
        for _ in 0..<200 {
            do {
                return store.graph(of: try HeapScanner.scan(options)) { "module\($0)" }
            } catch HeapScanProblem.busy {
                usleep(20_000)
            }
        }
        throw HeapScanProblem.busy
    }

    /// "field kind Type" for each reference of a block; behind its size may stand what was there before.
    private func references(of node: Int, in graph: HeapGraph) -> [String] {
        graph.edges(of: node).filter { graph.edges[$0].kind != .ignored }.map { index in
            let edge = graph.edges[index]
            let name = graph.fieldName(of: edge, in: node) ?? "?"
            return "\(name) \(edge.kind) \(graph.type(of: Int(edge.to))?.name ?? "?")"
        }
    }

    @Test("Objects of this process refer to each other as they were declared") func objects() throws {
        let parent = Parent()
        parent.children = [Child(parent), Child(parent)]
        parent.byName = ["the key of a child that is long enough": parent.children[0]]
        parent.onChange = { parent.name += "!" }
        let graph = try scan()
        let node = try #require(graph.node(containing: Layouts.address(parent)))
        #expect(graph.nodes[node].address == Layouts.address(parent))
        #expect(graph.type(of: node)?.name == "TrackingTests.Parent")
        let found = references(of: node, in: graph)
        #expect(found.contains("name strong String"))
        #expect(found.contains("children strong Array<AnyObject>"))
        #expect(found.contains("byName strong Dictionary<String, TrackingTests.Child>"))
        #expect(found.contains("? sideTable side table"))
        #expect(graph.nodes[node].word1 >> 62 == 0, "the counts are those of the side table")
        // A closure that captures one object alone has that object for its context.
        #expect(found.contains("onChange strong TrackingTests.Parent"))
        let child = try #require(graph.node(containing: Layouts.address(parent.children[0])))
        #expect(
            references(of: child, in: graph) == ["parent weak side table", "maker unowned TrackingTests.Parent"]
        )
        let origin = graph.origin(of: node)
        #expect(origin.birth > 0 && origin.birth <= graph.circumstances.takenAt)
        parent.onChange = nil
        withExtendedLifetime(parent) {}
    }

    @Test("The picture says how it was taken") func circumstances() throws {
        let before = CaptureCore.now
        let graph = try scan()
        #expect(graph.circumstances.takenAt >= before && graph.circumstances.takenAt <= CaptureCore.now)
        #expect(graph.circumstances.duration > 0)
        #expect(graph.count > 0)
        #expect((1..<graph.count).allSatisfy { graph.nodes[$0 - 1].address < graph.nodes[$0].address })
        #expect(graph.layouts.count == graph.types.count)
        #expect((0..<graph.count).allSatisfy { graph.nodes[$0].type < graph.types.count })
    }

    @Test("A heap that does not fit says so, and what to do") func tooLarge() throws {
        var options = HeapScanner.Options()
        options.memoryLimit = 4096
        #expect(throws: HeapScanProblem.tooLarge) { try scan(options) }
        for problem in HeapScanProblem.allCases {
            #expect(!problem.reason.isEmpty && !problem.remedy.isEmpty)
        }
    }

    @Test("Frames of tasks have a type, and memory of their size is cleared: old words would look like variables")
    func taskFrames() async throws {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let task = Task { for await _ in stream {} }
        // It waits, or has yet to start: in both cases it has a block for frames in the end.
        var sizes: [UInt64] = []
        for _ in 1...1000 where sizes.isEmpty {
            await Task.yield()
            let graph = try scan()
            let frames = (0..<graph.count).filter { graph.type(of: $0)?.name.hasPrefix("task frames (") == true }
            sizes = frames.map { graph.nodes[$0].size }
        }
        let size = 1016
        #expect(sizes.contains(UInt64(size)))
        for _ in 0..<50 {
            let block = unsafe UnsafeMutableRawBufferPointer(start: malloc(size), count: size)
            #expect(unsafe block.allSatisfy { $0 == 0 })
            unsafe memset(block.baseAddress!, 0x55, size)
            unsafe free(block.baseAddress)
        }
        end.finish()
        await task.value
    }
}

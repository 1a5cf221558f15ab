import Testing
import Tracking

/// What the store says about live objects of this process.
struct Layouts {
    let store = MetadataStore()

    static func address(_ object: AnyObject) -> UInt64 {
        unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
    }

    static func word(_ address: UInt64) -> UInt64 {
        unsafe UnsafePointer<UInt64>(bitPattern: UInt(address))!.pointee
    }

    /// A graph of one block without edges.
    func graph(at address: UInt64, size: UInt64) -> HeapGraph {
        let node = HeapNode(address: address, size: size, word0: Self.word(address), word1: Self.word(address + 8))
        let nodes = OwnBuffer([node, HeapNode()])!
        let scan = HeapScan(nodes: nodes, edges: OwnBuffer([])!, roots: OwnBuffer([])!)
        return store.graph(of: scan) { _ in "C" }
    }

    func layout(at address: UInt64, size: UInt64) -> BlockLayout? {
        let graph = graph(at: address, size: size)
        return graph.layouts[Int(graph.nodes[0].type)]
    }

    /// The layout of an instance; the size of a block is that of the instance, as its metadata says, unless given.
    func layout(of object: AnyObject, size: UInt64? = nil) -> BlockLayout? {
        let address = Self.address(object)
        return layout(at: address, size: size ?? Self.word(Self.word(address) + 24) & 0xFFFF_FFFF)
    }

    /// "owner strong" for each field, ascending by offset.
    func fields(of object: AnyObject) -> [String] {
        Self.describe(layout(of: object)?.fields)
    }

    static func describe(_ fields: [BlockLayout.Field]?) -> [String] {
        fields.map { $0.map { "\($0.name) \($0.kind)" } } ?? ["no layout"]
    }

    /// The name of the word of an object that holds a pointer, without its tag bits.
    func name(of target: UInt64, in object: AnyObject) -> String? {
        let layout = layout(of: object)
        let start = Self.address(object)
        return layout?.fields.first { Self.word(start + $0.offset) & 0x0FFF_FFFF_FFFF_FFF8 == target }?.name
    }
}

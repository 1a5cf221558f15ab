/// Finds the blocks of libdispatch that cannot be recognised by their first word.
///
/// These are the state of sources, and continuations, which hold work that waits. Both are recognised by the objects
/// that hold them. A continuation that is held by a thread only has been used: each thread keeps a list of
/// continuations for reuse, and these still contain their old pointers.
struct DispatchState {
    private static let used = BlockType(name: "dispatch work (used)", kind: .dispatch)

    // struct dispatch_source_refs_s: type, owner, state, numbers, then three handlers. Sources of descriptors and
    // signals have a struct dispatch_unote_linkage_s before it.
    private static func sourceLayout(after linkage: UInt64) -> BlockLayout {
        BlockLayout(knowing: [
            field(linkage + 40, .strong, "event handler"), field(linkage + 48, .strong, "cancel handler"),
            field(linkage + 56, .strong, "registration handler"), field(linkage + 104, .unmanaged, "configuration"),
        ])
    }
    private static let linkageLimit: UInt64 = 64
    // struct dispatch_continuation_s: flags, priority, next, voucher, function, context, data, other.
    private static let continuationSize: UInt64 = 64
    private static let nextOffset: UInt64 = 16
    private static let functionOffset: UInt64 = 32
    private static let dataOffset: UInt64 = 48
    private static let wrappedOffset: UInt64 = 56
    /// The largest distance between the tables of objects and the library's variables.
    private static let libraryReach: UInt64 = 1 << 19
    private static let waitingLayout = BlockLayout(fields: [
        field(nextOffset, .strong, "next"), field(24, .unmanaged, "voucher"), field(40, .strong, "work"),
        field(dataOffset, .strong, "data"), field(wrappedOffset, .strong, "wrapped"),
    ])
    private static let usedLayout = BlockLayout(fields: [field(nextOffset, .unmanaged, "next")])
    private static let groupFlag: UInt64 = 0x8
    private static let allocatedFlag: UInt64 = 0x100
    private static let flagLimit: UInt64 = 0x400
    /// The types of continuations that have a table: the number is in the second byte.
    private static let tableTypes: ClosedRange<UInt64> = 0x100...0xF00

    private static let tableLimit = 1 << 16

    private let scan: HeapScan
    private let isImage: (UInt64) -> Bool
    /// The continuations that no known object holds; at first, all continuations.
    private var idle: Set<UInt32> = []
    /// Whether a word that begins a block points to a table of continuations.
    private var areTables: [UInt64: Bool] = [:]
    /// The continuations that are in a list: another one may follow each of them.
    private var listed: Set<UInt32> = []

    init(_ scan: HeapScan, isImage: @escaping (UInt64) -> Bool) {
        self.scan = scan
        self.isImage = isImage
    }

    /// Writes types of nodes and kinds of edges in place.
    consuming func write(_ typer: inout NodeTyper) {
        let states = sourceStates(typer.types)
        for (index, linkage) in states {
            let state = typer.place(ofC: .dispatchSourceState, size: linkage) { Self.sourceLayout(after: linkage) }
            scan.nodes[Int(index)].type = state
        }
        let continuations = continuations(typer.types)
        idle = Set(continuations)
        if !continuations.isEmpty { findHeld(continuations, typer.types) }
        let waiting = typer.place(ofC: .dispatchWork) { Self.waitingLayout }
        let used = typer.place(ofC: Self.used) { Self.usedLayout }
        for index in continuations { scan.nodes[Int(index)].type = idle.contains(index) ? used : waiting }
        for index in states.map(\.node) + continuations { writeKinds(index, typer) }
    }

    /// The states of sources, and for each the number of bytes in its block before the address that the source points
    /// to.
    private func sourceStates(_ types: [BlockType]) -> [(node: UInt32, linkage: UInt64)] {
        guard let source = types.firstIndex(of: DispatchObject.sourceType) else { return [] }
        return (0..<scan.nodes.count - 1).filter { scan.nodes[$0].type == UInt32(source) }.compactMap { index in
            let edge = scan.edges(of: index).first { scan.edges[$0].offset == DispatchObject.sourceStateOffset }
            let word = scan.memory.word(at: scan.nodes[index].address + DispatchObject.sourceStateOffset)
            guard let state = edge.map({ scan.edges[$0].to }), let word else { return nil }
            let linkage = word &- scan.nodes[Int(state)].address
            return linkage <= Self.linkageLimit && linkage % 8 == 0 ? (state, linkage) : nil
        }
    }

    private mutating func continuations(_ types: [BlockType]) -> [UInt32] {
        let areOfC = types.map { $0.kind == .c }
        let nodes = unsafe scan.nodes.pointer
        return (0..<UInt32(scan.nodes.count - 1)).filter { index in
            let node = unsafe nodes[Int(index)]
            return node.size == Self.continuationSize && areOfC[Int(node.type)] && isContinuation(node)
        }
    }

    /// A continuation begins with flags, or with a table.
    private mutating func isContinuation(_ node: HeapNode) -> Bool {
        if node.word0 < Self.flagLimit {
            return node.word0 & Self.allocatedFlag != 0
                && scan.memory.word(at: node.address + Self.functionOffset).map(isImage) == true
        }
        guard HeapMetadata.canBePointer(node.word0) else { return false }
        if let known = areTables[node.word0] { return known }
        if areTables.count >= Self.tableLimit { areTables = [:] }
        let isTable = isTable(node.word0)
        areTables[node.word0] = isTable
        return isTable
    }

    /// A table of continuations has neither functions for references nor a name.
    private func isTable(_ address: UInt64) -> Bool {
        guard isImage(address), let words = SafeMemory.words(from: address, count: 7) else { return false }
        return words[0] == 0 && words[1] == 0 && words[3] == 0 && Self.tableTypes.contains(words[2])
            && words[2] & 0xFF == 0 && isImage(words[6])
    }

    /// Takes the continuations that libdispatch's objects hold out of `idle`, and collects those that are in a list.
    ///
    /// Lists begin in queues, groups and the library's variables. A continuation that is in no list still points to the
    /// one that followed it in its last list.
    private mutating func findHeld(_ continuations: [UInt32], _ types: [BlockType]) {
        var links = continuations.filter { rootAddress($0) != nil }.map { (node: $0, isInList: true) }
        for node in 0..<UInt32(scan.nodes.count - 1) {
            let type = types[Int(scan.nodes[Int(node)].type)]
            guard type.kind == .dispatch else { continue }
            let vtable = scan.nodes[Int(node)].word0
            if let root = rootAddress(node), root &- vtable &+ Self.libraryReach < 2 * Self.libraryReach {
                links.append((node, true))
            }
            let beginsLists = type != .dispatchSourceState
            links += followers(of: node) { $0 > Self.nextOffset }.map { ($0, beginsLists) }
        }
        while let (node, isInList) = links.popLast() {
            if idle.remove(node) != nil, hasTable(node) {
                links += followers(of: node) { $0 == Self.wrappedOffset }.map { ($0, false) }
            }
            guard isInList, listed.insert(node).inserted else { continue }
            links += followers(of: node) { $0 == Self.nextOffset }.map { ($0, true) }
        }
    }

    private func followers(of node: UInt32, where isLink: (UInt64) -> Bool) -> [UInt32] {
        scan.edges(of: Int(node)).map { scan.edges[$0] }.filter { isLink($0.offset) }.map(\.to)
    }

    /// The address of the variable that holds a block; nil when no variable does.
    ///
    /// Continuations for reuse are held by thread-local variables; these are not roots of this kind.
    private func rootAddress(_ index: UInt32) -> UInt64? {
        let root = scan.nodes[Int(index)].root
        guard root != HeapNode.none, scan.roots[Int(root)].kind == .global else { return nil }
        return scan.roots[Int(root)].address
    }

    private func writeKinds(_ index: UInt32, _ typer: NodeTyper) {
        guard let layout = typer.layouts[Int(scan.nodes[Int(index)].type)] else { return }
        for edge in scan.edges(of: Int(index)) {
            let offset = scan.edges[edge].offset
            let kind = layout.kind(at: offset)
            let target = typer.types[Int(scan.nodes[Int(scan.edges[edge].to)].type)]
            // The work of a source refers to the source, but does not own it.
            let owns = target.kind.isCounted && target != DispatchObject.sourceType && isWritten(offset, in: index)
            scan.edges[edge].kind = kind != .strong || owns ? kind : .unmanaged
        }
    }

    /// Whether a word of a continuation is in use; a reused continuation still contains words of its last use.
    private func isWritten(_ offset: UInt64, in index: UInt32) -> Bool {
        let flags = scan.nodes[Int(index)].word0
        return switch offset {
        case Self.nextOffset: listed.contains(index)
        case Self.dataOffset: hasTable(index) || flags & Self.groupFlag != 0
        case Self.wrappedOffset: hasTable(index)
        default: true
        }
    }

    private func hasTable(_ index: UInt32) -> Bool { scan.nodes[Int(index)].word0 >= Self.flagLimit }

    private static func field(_ offset: UInt64, _ kind: EdgeKind, _ name: String) -> BlockLayout.Field {
        BlockLayout.Field(offset: offset, kind: kind, name: name)
    }
}

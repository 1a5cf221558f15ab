/// Tells elements of a collection from what was left behind where elements were.
///
/// It looks at the storage as it is now, not as it was scanned, so what it says may be late: a word behind the count
/// is not taken for nothing, but only for a word.
struct ElementReader {
    enum Storage {
        case array, dictionary, set

        init?(_ kind: TypeKind) {
            switch kind {
            case .array: self = .array
            case .dictionary: self = .dictionary
            case .set: self = .set
            default: return nil
            }
        }
    }

    private let heads = PageReader()
    private let maps = PageReader()
    private var storage: UInt64 = 0
    private var count: UInt64 = 0

    /// Whether the element that a word belongs to is one now.
    mutating func isInUse(_ word: UInt64, in node: HeapNode, _ table: KindTables.Table, _ storage: Storage) -> Bool {
        guard let element = table.element(ofWord: word) else { return true }
        switch storage {
        case .array:
            if self.storage != node.address {
                self.storage = node.address
                count = heads.pair(at: node.address + StorageLayout.countOffset)?.0 ?? 0
            }
            return element < count
        case .dictionary: return isOccupied(element, mapAt: node.address + StorageLayout.dictionaryStart)
        case .set: return isOccupied(element, mapAt: node.address + StorageLayout.setStart)
        }
    }

    private func isOccupied(_ bucket: UInt64, mapAt address: UInt64) -> Bool {
        guard let bits = maps.pair(at: address + bucket / 64 * 8)?.0 else { return false }
        return bits >> (bucket % 64) & 1 != 0
    }
}

// Crimes with UnsafeMutablePointer and with the storage of collections.
import Glibc

nonisolated(unsafe) private var global = (0, 0, 0, 0)

let pointerVictims = [
    Victim(name: "writeByteBehind", run: writeByteBehind), Victim(name: "writeWordBehind", run: writeWordBehind),
    Victim(name: "readWordBehind", run: readWordBehind), Victim(name: "writeWordBefore", run: writeWordBefore),
    Victim(name: "readWordBefore", run: readWordBefore), Victim(name: "writeWordFreed", run: writeWordFreed),
    Victim(name: "readWordFreed", run: readWordFreed), Victim(name: "deallocateTwice", run: deallocateTwice),
    Victim(name: "deallocateInterior", run: deallocateInterior),
    Victim(name: "initializeTooMany", run: initializeTooMany),
    Victim(name: "updateTooMany", run: updateTooMany), Victim(name: "copyTooMany", run: copyTooMany),
    Victim(name: "storeAcrossEnd", run: storeAcrossEnd), Victim(name: "writeAligned", run: writeAligned),
    Victim(name: "writeArrayBehind", run: writeArrayBehind), Victim(name: "writeArrayFreed", run: writeArrayFreed),
    Victim(name: "writeOptionalFreed", run: writeOptionalFreed), Victim(name: "freeVariable", run: freeVariable),
    Victim(name: "freeGlobal", run: freeGlobal), Victim(name: "freeArrayElements", run: freeArrayElements),
]

private func writeByteBehind() {
    let bytes = makeBytes(37)
    bytes[36 + crime] = 1
    giveBack(bytes)
}

private func writeWordBehind() {
    let words = makeWords(4)
    words[3 + crime] = 1
    giveBack(words)
}

private func readWordBehind() {
    let words = makeWords(4)
    see(words[3 + crime])
    giveBack(words)
}

private func writeWordBefore() {
    let words = makeWords(4)
    words[-crime] = 0x1122_3344_5566_7788
    giveBack(words)
}

private func readWordBefore() {
    let words = makeWords(4)
    see(words[-crime])
    giveBack(words)
}

private func writeWordFreed() {
    let words = makeWords(6)
    if crime == 1 { giveBack(words) }
    words[3] = 1
    if crime == 0 { giveBack(words) }
}

private func readWordFreed() {
    let words = makeWords(6)
    if crime == 1 { giveBack(words) }
    see(words[3])
    if crime == 0 { giveBack(words) }
}

private func deallocateTwice() {
    let words = makeWords(9)
    giveBack(words)
    if crime == 1 { giveBackAgain(words) }
}

private func deallocateInterior() {
    let words = makeWords(16)
    if crime == 1 { giveBackAgain(words + 2) }
    giveBack(words)
}

private func initializeTooMany() {
    let words = makeWords(8)
    words.initialize(repeating: 7, count: 8 + crime)
    giveBack(words)
}

private func updateTooMany() {
    let source = makeWords(9), target = makeWords(8)
    target.update(from: source, count: 8 + crime)
    giveBack(source)
    giveBack(target)
}

private func copyTooMany() {
    let source = makeWords(9), target = makeWords(8)
    UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: 64 + 8 * crime)
    giveBack(source)
    giveBack(target)
}

private func storeAcrossEnd() {
    let words = makeWords(2)
    UnsafeMutableRawPointer(words).storeBytes(of: 0x1122_3344_5566_7788, toByteOffset: 8 + 4 * crime, as: Int.self)
    giveBack(words)
}

private func writeAligned() {
    let block = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 64)
    block.storeBytes(of: 1, toByteOffset: 127 + crime, as: UInt8.self)
    block.deallocate()
}

private func writeArrayBehind() {
    var numbers: [Int] = []
    numbers.reserveCapacity(4)
    for number in 0..<numbers.capacity { numbers.append(number) }
    numbers.withUnsafeMutableBufferPointer { $0.baseAddress![$0.count - 1 + crime] = 1 }
    see(numbers)
}

private func writeArrayFreed() {
    var numbers = Array(repeating: 7, count: 12)
    let escaped = numbers.withUnsafeMutableBufferPointer { $0.baseAddress! }
    if crime == 1 { numbers = [] }
    escaped[5] = 1
    see(numbers)
}

private func writeOptionalFreed() {
    let block = UnsafeMutablePointer<Int?>.allocate(capacity: 4)
    block.initialize(repeating: nil, count: 4)
    if crime == 1 { giveBack(block) }
    block[2] = 5
    if crime == 0 { giveBack(block) }
}

private func freeVariable() {
    var words = (0, 0, 0, 0)
    withUnsafeMutablePointer(to: &words) { if crime == 1 { giveBackAgain($0) } }
}

private func freeGlobal() {
    withUnsafeMutablePointer(to: &global) { if crime == 1 { giveBackAgain($0) } }
}

private func freeArrayElements() {
    var numbers = Array(repeating: 7, count: 12)
    numbers.withUnsafeMutableBufferPointer { if crime == 1 { giveBackAgain($0.baseAddress!) } }
    see(numbers)
}

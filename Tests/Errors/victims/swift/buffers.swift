// Buffers that Swift and C libraries hand to each other.
import Glibc

let bufferVictims = [
    Victim(name: "copyByC", run: copyByC), Victim(name: "fillByC", run: fillByC), Victim(name: "textByC", run: textByC),
    Victim(name: "formatByC", run: formatByC), Victim(name: "unpackByC", run: unpackByC),
    Victim(name: "checksumByC", run: checksumByC), Victim(name: "lengthByC", run: lengthByC),
    Victim(name: "sortByC", run: sortByC), Victim(name: "fillFreedByC", run: fillFreedByC),
    Victim(name: "freeByBoth", run: freeByBoth), Victim(name: "duplicateTwiceFreed", run: duplicateTwiceFreed),
    Victim(name: "resizeFreed", run: resizeFreed),
]

private func copyByC() {
    let source = makeBytes(72), target = makeBytes(64)
    memcpy(target, source, 64 + 8 * crime)
    giveBack(source)
    giveBack(target)
}

private func fillByC() {
    let bytes = makeBytes(50)
    memset(bytes, 1, 50 + crime)
    giveBack(bytes)
}

private func textByC() {
    let bytes = makeBytes(16)
    bytes.withMemoryRebound(to: CChar.self, capacity: 16) {
        _ = strcpy($0, crime == 1 ? "sixteen letters." : "fifteen letters")
    }
    giveBack(bytes)
}

private func formatByC() {
    let bytes = makeBytes(8)
    bytes.withMemoryRebound(to: CChar.self, capacity: 8) { text in
        _ = withVaList([crime == 1 ? 12_345_678 : 1_234_567]) { vsnprintf(text, 100, "%ld", $0) }
    }
    giveBack(bytes)
}

private func unpackByC() {
    let plain = makeBytes(96), packed = makeBytes(200), target = makeBytes(80)
    var length = uLongf(200)
    compress(packed, &length, plain, uLong(80 + 16 * crime))
    var room = uLongf(80 + 16 * crime)
    uncompress(target, &room, packed, length)
    for block in [plain, packed, target] { giveBack(block) }
}

private func checksumByC() {
    let bytes = makeBytes(4096)
    see(crc32(0, bytes, uInt(4096 + 16 * crime)))
    giveBack(bytes)
}

private func lengthByC() {
    let bytes = makeBytes(32)
    memset(bytes, 120, 31 + crime)
    see(bytes.withMemoryRebound(to: CChar.self, capacity: 32) { strlen($0) })
    giveBack(bytes)
}

private func sortByC() {
    let words = makeWords(8)
    for index in 0..<8 { words[index] = -1 - index }
    qsort(words, 8 + crime, 8) { left, right in
        let x = left!.load(as: UInt.self), y = right!.load(as: UInt.self)
        return x < y ? -1 : x > y ? 1 : 0
    }
    giveBack(words)
}

private func fillFreedByC() {
    let bytes = makeBytes(120)
    if crime == 1 { giveBack(bytes) }
    memset(bytes + 40, 1, 16)
    if crime == 0 { giveBack(bytes) }
}

private func freeByBoth() {
    let words = makeWords(9)
    free(words)
    if crime == 1 { giveBackAgain(words) }
}

private func duplicateTwiceFreed() {
    let text = strdup("a text of the C library")!
    free(text)
    if crime == 1 { giveBackAgain(text) }
}

private func resizeFreed() {
    let words = makeWords(9)
    if crime == 1 { giveBack(words) }
    let resized = realloc(words, 300)
    if crime == 0 { giveBack(resized!) }
}

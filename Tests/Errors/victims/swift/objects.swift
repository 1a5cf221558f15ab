// Crimes against objects: references that outlive them, and one release too many.
import Glibc

final class Account {
    var owner = 5
    var balance = 7
}

class Shape {
    var sides = 3
    func area() -> Int { sides }
}

let objectVictims = [
    Victim(name: "writeFieldFreed", run: writeFieldFreed), Victim(name: "readFieldFreed", run: readFieldFreed),
    Victim(name: "writeUnownedFreed", run: writeUnownedFreed), Victim(name: "readUnownedFreed", run: readUnownedFreed),
    Victim(name: "readUnmanagedFreed", run: readUnmanagedFreed), Victim(name: "releaseTwice", run: releaseTwice),
    Victim(name: "retainFreed", run: retainFreed), Victim(name: "callMethodFreed", run: callMethodFreed),
    Victim(name: "writeFieldBehind", run: writeFieldBehind), Victim(name: "freeObjectTwice", run: freeObjectTwice),
]

/// An object that only the caller's counting keeps alive.
@inline(never) private func makeAccount() -> Unmanaged<Account> {
    Unmanaged.passRetained(Account())
}

@inline(never) private func drop(_ account: Unmanaged<Account>) {
    account.release()
}

private func writeFieldFreed() {
    let account = makeAccount(), fields = account.toOpaque()
    if crime == 1 { drop(account) }
    fields.storeBytes(of: 9, toByteOffset: 24, as: Int.self)
    if crime == 0 { drop(account) }
}

private func readFieldFreed() {
    let account = makeAccount(), fields = account.toOpaque()
    if crime == 1 { drop(account) }
    see(fields.load(fromByteOffset: 24, as: Int.self))
    if crime == 0 { drop(account) }
}

private func writeUnownedFreed() {
    let account = makeAccount()
    unowned(unsafe) let dead = account.takeUnretainedValue()
    if crime == 1 { drop(account) }
    dead.balance = 9
    if crime == 0 { drop(account) }
}

private func readUnownedFreed() {
    let account = makeAccount()
    unowned(unsafe) let dead = account.takeUnretainedValue()
    if crime == 1 { drop(account) }
    see(dead.balance)
    if crime == 0 { drop(account) }
}

private func readUnmanagedFreed() {
    let account = makeAccount()
    if crime == 1 { drop(account) }
    see(account._withUnsafeGuaranteedRef { $0.balance })
    if crime == 0 { drop(account) }
}

private func releaseTwice() {
    let account = makeAccount()
    drop(account)
    if crime == 1 { account.release() }
}

private func retainFreed() {
    let account = makeAccount()
    if crime == 1 { drop(account) }
    _ = account.retain()
    if crime == 0 { drop(account); drop(account) }
}

private func callMethodFreed() {
    let shape = Unmanaged.passRetained(Shape())
    if crime == 1 { shape.release() }
    see(shape._withUnsafeGuaranteedRef { $0.area() })
    if crime == 0 { shape.release() }
}

private func writeFieldBehind() {
    let account = makeAccount()
    account.toOpaque().storeBytes(of: 9, toByteOffset: 24 + 8 * crime, as: Int.self)
    drop(account)
}

private func freeObjectTwice() {
    let account = makeAccount(), object = account.toOpaque()
    drop(account)
    if crime == 1 { free(object) }
}

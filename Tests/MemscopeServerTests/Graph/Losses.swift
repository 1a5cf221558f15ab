import Glibc

// What the tests of leaks lose. Each function is called and forgotten: nothing of what it made may stay in a register
// or on the stack of its caller.

final class Owner {
    var accounts: [Account] = []
    let name = 7
}

final class Account {
    var owner: Owner?
    var balance = 0
}

final class Tied {
    var other: Tied?
    weak var friend: Tied?
}

final class Lonely {
    let number = 1
}

/// Two objects that hold each other, through an array.
@inline(never) func loseOwner() {
    let owner = Owner()
    let account = Account()
    account.owner = owner
    owner.accounts.append(account)
}

@inline(never) func makeHeldOwner() -> Owner {
    let owner = Owner()
    let account = Account()
    account.owner = owner
    owner.accounts.append(account)
    return owner
}

@inline(never) func loseLonely() {
    _ = unsafe Unmanaged.passRetained(Lonely())
}

/// Blocks of C, the first of which holds the second.
@inline(never) func loseBlocks(_ size: Int) {
    let outer = unsafe malloc(size)!
    let inner = unsafe malloc(size * 2)!
    unsafe outer.storeBytes(of: inner, as: UnsafeMutableRawPointer.self)
}

/// Overwrites what calls before this one left below the stack pointer.
@inline(never) func wipeStack() {
    unsafe withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { bytes in
        _ = unsafe memset(bytes.baseAddress!, 0, bytes.count)
    }
}

func lose(_ count: Int, _ body: () -> Void) {
    for _ in 0..<count { body() }
    wipeStack()
}

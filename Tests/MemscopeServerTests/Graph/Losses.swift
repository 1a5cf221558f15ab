import Glibc

// What the tests of leaks lose.

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

/// Runs `body` so often, on a thread that ends: no register and no stack keeps what it lost.
func lose(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    final class Job: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let job = Job { for _ in 0..<count { body() } }
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(job).toOpaque()
    let result = unsafe pthread_create(
        &thread,
        nil,
        { context in
            unsafe Unmanaged<Job>.fromOpaque(context!).takeRetainedValue().run()
            return nil
        },
        context
    )
    precondition(result == 0, "no thread")
    pthread_join(thread, nil)
}

/// Rows of leaks or cycles with a class of these tests.
func rows(in list: JSONValue, withType name: String) -> [JSONValue] {
    list.list.filter { row in
        let names = [row.type.text, row.name.text] + row.types.list.map(\.text)
        return names.contains("MemscopeServerTests.\(name)")
    }
}

func row(in list: JSONValue, withType name: String) -> JSONValue? {
    rows(in: list, withType: name).first
}

func row(in list: JSONValue, withBytes bytes: Int) -> JSONValue? {
    list.list.first { $0.bytes.number == bytes }
}

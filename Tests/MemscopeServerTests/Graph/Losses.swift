import Glibc
import Synchronization

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

/// Objects that only the kernel knows: user data of epoll, whose header Glibc's module leaves out.
@inline(never) func giveToKernel(_ count: Int) {
    typealias Create = @convention(c) (Int32) -> Int32
    typealias Control = @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer) -> Int32
    let create = unsafe unsafeBitCast(dlsym(nil, "epoll_create1"), to: Create.self)
    let control = unsafe unsafeBitCast(dlsym(nil, "epoll_ctl"), to: Control.self)
    let epoll = create(0)
    for _ in 0..<count {
        unsafe withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { event in
            #if arch(x86_64)
            let userDataAt = 4
            #else
            let userDataAt = 8
            #endif
            unsafe event.storeBytes(of: 1, as: UInt32.self)  // EPOLLIN
            let object = unsafe Unmanaged.passRetained(Lonely()).toOpaque()
            unsafe event.storeBytes(of: UInt(bitPattern: object), toByteOffset: userDataAt, as: UInt.self)
            let added = 1 as Int32  // EPOLL_CTL_ADD
            let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard unsafe control(epoll, added, file, event.baseAddress!) == 0 else { fatalError("epoll_ctl") }
        }
    }
}

/// Runs `body` while nothing but the stack has the addresses of `count` blocks; `count` is at most 128.
@inline(never) func withBlocksOnStack<Result>(_ count: Int, of size: Int, _ body: () -> Result) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: count) { blocks in
        for index in 0..<count { unsafe blocks.initializeElement(at: index, to: malloc(size)) }
        defer { for index in 0..<count { unsafe free(blocks[index]) } }
        return body()
    }
}

/// Runs `body` while the stack has the addresses of `count` pairs of objects that are lost; at most 128.
@inline(never) func withLostOwnersOnStack<Result>(_ count: Int, _ body: () -> Result) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: count) { addresses in
        for index in 0..<count { unsafe addresses.initializeElement(at: index, to: addressOfLostOwner()) }
        return body()
    }
}

@inline(never) func addressOfLostOwner() -> UnsafeMutableRawPointer {
    unsafe Unmanaged.passUnretained(makeHeldOwner()).toOpaque()
}

/// How many of the functions below wait.
let waiting = Atomic(0)

private func wait(for stream: AsyncStream<Void>) async {
    waiting.add(1, ordering: .relaxed)
    for await _ in stream {}
}

@inline(never) func waitWithAddress(until stream: AsyncStream<Void>) async -> Int {
    let address = unsafe addressOfLostOwner()
    await wait(for: stream)
    return Int(bitPattern: address)
}

@inline(never) func waitWithOwner(until stream: AsyncStream<Void>) async -> Int {
    let owner = makeHeldOwner()
    await wait(for: stream)
    return owner.name
}

@inline(never) func waitWithBlock(of size: Int, until stream: AsyncStream<Void>) async {
    let block = unsafe malloc(size)
    await wait(for: stream)
    unsafe free(block)
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

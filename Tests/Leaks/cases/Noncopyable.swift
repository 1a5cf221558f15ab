// Values that cannot be copied, of which reflection tells nothing, and structs of C, whose metadata each runtime makes.

import Glibc
import Synchronization

let noncopyableCases: [(name: String, run: () -> Void)] = [
    ("noncopyable-struct", NoncopyableStruct.run), ("noncopyable-enum", NoncopyableEnum.run),
    ("mutex-of-object", MutexOfObject.run), ("inline-array", InlineArrayField.run),
    ("ring-with-imported-structs", ImportedStructs.run), ("clean-noncopyable", CleanNoncopyable.run),
]

enum NoncopyableStruct {
    struct Handle: ~Copyable {
        var owner: AnyObject?
        var number = 1
    }
    final class File { var handle = Handle() }

    @inline(never) static func run() {
        let file = File()
        file.handle.owner = file
        show(file)
    }
}

enum NoncopyableEnum {
    enum State: ~Copyable {
        case open(Door), closed(Int)
    }
    final class Door { var state = State.closed(1) }

    @inline(never) static func run() {
        let door = Door()
        door.state = .open(door)
        show(door)
    }
}

enum MutexOfObject {
    final class Account: Sendable { let owner = Mutex<Account?>(nil) }

    @inline(never) static func run() {
        let account = Account()
        account.owner.withLock { $0 = account }
        show(account)
    }
}

enum InlineArrayField {
    final class Cell { var neighbours: InlineArray<2, Cell?> = [nil, nil] }

    @inline(never) static func run() {
        let cell = Cell()
        cell.neighbours[1] = cell
        show(cell)
    }
}

enum ImportedStructs {
    final class Clock {
        var time = timespec()
        var mutex = pthread_mutex_t()
        var address: sockaddr_in?
        var next: Clock?
    }

    @inline(never) static func run() {
        let first = Clock(), second = Clock()
        first.next = second
        second.next = first
        show(first)
    }
}

/// They know each other by what holds nothing, or one way only.
enum CleanNoncopyable {
    struct Link: ~Copyable { unowned(unsafe) var owner: Owner? }
    final class Owner {
        var link = Link()
        let part = Mutex<Owner?>(nil)
    }
    nonisolated(unsafe) static var kept: [Owner] = []

    @inline(never) static func run() {
        for _ in 0..<20 {
            let owner = Owner()
            owner.link.owner = owner
            owner.part.withLock { $0 = Owner() }
            kept.append(owner)
        }
    }
}

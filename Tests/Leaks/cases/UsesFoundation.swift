// The part of Foundation that most programs use.
import Foundation

let foundationCases: [(name: String, run: () -> Void)] = [
    ("nsobject-ring", NSObjectRing.run), ("operation-holds-self", OperationHoldsSelf.run),
    ("clean-foundation", CleanFoundation.run), ("clean-observer", Observer.run),
]

enum NSObjectRing {
    final class Record: NSObject {
        var other: Record?
        var content = Data(repeating: 7, count: 300)
    }

    @inline(never) static func run() {
        let record = Record()
        record.other = Record()
        record.other?.other = record
        show(record)
    }
}

enum OperationHoldsSelf {
    final class Download: Operation, @unchecked Sendable {
        var retries = 0
        func prepare() { completionBlock = { self.retries += 1 } }
    }

    @inline(never) static func run() {
        let download = Download()
        download.prepare()
        show(download)
    }
}

enum CleanFoundation {
    struct Order: Codable { var items = ["bread", "milk"]; var total = 4.5; var when = Date(timeIntervalSince1970: 0) }

    @inline(never) static func run() {
        let data = try? JSONEncoder().encode([Order(), Order()])
        let orders = data.flatMap { try? JSONDecoder().decode([Order].self, from: $0) }
        let text = "one,two,three".components(separatedBy: ",").joined(separator: ";")
        show((orders?.count, text.replacingOccurrences(of: "two", with: "2"), URL(string: "http://localhost/a?b=c")))
        show(
            (
                UUID().uuidString, String(format: "%05d", 42),
                Calendar(identifier: .gregorian).component(.year, from: Date())
            )
        )
    }
}

/// The centre holds the observer that was never removed.
enum Observer {
    final class Listener: @unchecked Sendable {
        var token: (any NSObjectProtocol)?
        var heard = 0
        func listen() {
            token = NotificationCenter.default.addObserver(forName: .init("news"), object: nil, queue: nil) { _ in
                self.heard += 1
            }
        }
    }

    @inline(never) static func run() {
        let listener = Listener()
        listener.listen()
        NotificationCenter.default.post(name: .init("news"), object: nil)
        show(listener.heard)
    }
}

// The part of Foundation that most programs use.
import Foundation

let foundationCases: [(name: String, run: () -> Void)] = [
    ("nsobject-ring", NSObjectRing.run), ("operation-holds-self", OperationHoldsSelf.run),
    ("clean-foundation", CleanFoundation.run), ("clean-observer", Observer.run),
    ("clean-formatters", Formatters.run), ("clean-mutable-strings", MutableStrings.run),
    ("clean-core-objects", CoreObjects.run),
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

nonisolated(unsafe) private var kept: [Any] = []

/// Their text is kept by objects of CoreFoundation, whose fields Swift does not know.
enum Formatters {
    @inline(never) static func run() {
        for number in 0..<10 {
            let numbers = NumberFormatter()
            numbers.locale = Locale(identifier: "en_US")
            numbers.numberStyle = .scientific
            numbers.usesSignificantDigits = true
            numbers.maximumSignificantDigits = 17
            let bytes = ByteCountFormatter()
            bytes.allowedUnits = [.useKB, .useMB]
            let dates = DateFormatter()
            dates.locale = Locale(identifier: "de_DE")
            dates.dateFormat = "EEEE, d. MMMM yyyy"
            kept.append((numbers, bytes, dates, numbers.string(for: Double(number) + 0.5) as Any))
            kept.append((bytes.string(fromByteCount: 123_456), dates.string(from: Date(timeIntervalSince1970: 0))))
        }
    }
}

enum MutableStrings {
    @inline(never) static func run() {
        for number in 0..<10 {
            let text = NSMutableString(string: "a text that grows")
            for _ in 0..<20 { text.append(" by these words and by \(number)") }
            let attributed = NSMutableAttributedString(string: text as String)
            attributed.addAttribute(.init("mark"), value: text, range: NSRange(location: 2, length: 9))
            kept.append((text, attributed, text.uppercased as NSString))
        }
    }
}

enum CoreObjects {
    @inline(never) static func run() {
        for number in 0..<10 {
            let set = NSMutableSet(array: ["one", "two", number])
            let dictionary = NSMutableDictionary(dictionary: ["key \(number)": NSMutableArray(array: [set, "text", 3])])
            let expression = try? NSRegularExpression(pattern: "(a+)\(number)", options: [])
            let components = Calendar(identifier: .hebrew).dateComponents([.year, .month], from: Date())
            let characters = CharacterSet(charactersIn: "abc\(number)").union(.whitespaces)
            let locale = Locale(identifier: "fr_CH")
            kept.append((set, dictionary, expression as Any, components, characters, locale.identifier))
            let address = NSURL(string: "http://a/\(number)")
            kept.append((TimeZone(identifier: "Europe/Paris") as Any, NSUUID(), address as Any))
        }
    }
}

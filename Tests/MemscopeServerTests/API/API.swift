import Foundation
import MemscopeServer

/// The API without a socket: requests go straight to its routing table.
struct API: Sendable {
    /// For tests that leave nothing behind: one reads the symbol files for all.
    static let shared = API()

    let router = Router(APIRoutes(observer: HeapObserver(), version: MemScope.version).all)

    func get(_ target: String) -> Answer { respond("GET", target) }

    func post(_ path: String, _ body: String = "") -> Answer { respond("POST", path, Array(body.utf8)) }

    func respond(_ method: String, _ target: String, _ body: [UInt8] = []) -> Answer {
        patiently {
            do throws(HTTPError) {
                let request = try HTTPRequest(method: method, target: target, headers: [], body: body)
                return Answer(try router.respond(to: request))
            } catch {
                // Another test looks at this process' heap: come again, as the answer says.
                return error.code == .busy ? nil : Answer(error.response)
            }
        }
    }
}

/// What came back.
struct Answer {
    let status: Int
    let contentType: String
    let bytes: [UInt8]

    init(_ response: HTTPResponse) {
        status = response.status
        contentType = response.contentType
        bytes = if case .bytes(let bytes) = response.body { bytes } else { [] }
    }

    init(_ answer: RawAnswer) {
        status = answer.status
        contentType = answer.header("Content-Type") ?? ""
        bytes = answer.body
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: JSONValue { JSONValue((try? JSONSerialization.jsonObject(with: Data(bytes))) ?? NSNull()) }
    var data: JSONValue { json.data }
    var error: JSONValue { json.error }
}

/// A parsed answer; what is not there reads as nil.
@dynamicMemberLookup
struct JSONValue {
    private let value: Any?

    init(_ value: Any?) {
        self.value = value
    }

    subscript(dynamicMember name: String) -> JSONValue {
        JSONValue((value as? [String: Any])?[name])
    }

    var isNull: Bool { value is NSNull }
    var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }
    var list: [JSONValue] { (value as? [Any])?.map { JSONValue($0) } ?? [] }
    var text: String? { value as? String }
    var flag: Bool? { value as? Bool }
    var number: Int? { (value as? NSNumber)?.intValue }
}

import Hummingbird
import MemscopeServer

/// Keeps each visitor's last text, so that some bytes escape from their requests.
actor Notes {
    private var texts: [String: String] = [:]

    func keep(_ text: String, of visitor: String) { texts[visitor] = text }
    func text(of visitor: String) -> String? { texts[visitor] }
}

let notes = Notes()
let router = Router()
router.add(middleware: MemoryMiddleware())
router.get("/hello") { _, _ in "hello\n" }
router.get("/notes/:visitor") { _, context in
    guard let text = await notes.text(of: try context.parameters.require("visitor")) else {
        throw HTTPError(.notFound)
    }
    return text
}
router.put("/notes/:visitor") { request, context in
    let buffer = try await request.body.collect(upTo: 1 << 20)
    await notes.keep(String(buffer: buffer), of: try context.parameters.require("visitor"))
    return HTTPResponse.Status.noContent
}

let dashboard = try MemScope.serve(port: 9100)
print("dashboard: \(dashboard.visitURL)")
let app = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 8080)))
try await app.runService()

internal import MemscopeRender

/// A refused request, in the form that the client gets.
///
/// It says what was wrong and what is accepted, and renders itself as `{"error":{"code","message","hint"}}`, so that
/// all routes refuse in the same form.
package struct HTTPError: Error, Sendable, Hashable {
    /// Stable names that scripts may use; docs/wire-format.md lists them.
    package enum Code: String, Sendable, CaseIterable {
        case badRequest = "bad-request"
        case badParameter = "bad-parameter"
        case badBody = "bad-body"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case forbiddenHost = "forbidden-host"
        case forbiddenOrigin = "forbidden-origin"
        case unauthorized
        case tooLarge = "too-large"
        case busy
        case `internal`
    }

    package var status: Int
    package var code: Code
    /// What was wrong, with the wrong value.
    package var message: String
    /// What is accepted, or what to do.
    package var hint: String
    /// For 404: every path that is answered.
    package var routes: [String]
    /// Additional header fields such as `Allow` and `Retry-After`.
    package var headers: [HTTPHeader]

    package init(
        status: Int,
        code: Code,
        message: String,
        hint: String,
        routes: [String] = [],
        headers: [HTTPHeader] = []
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.routes = routes
        self.headers = headers
    }

    package static func badRequest(_ message: String, hint: String) -> HTTPError {
        HTTPError(status: 400, code: .badRequest, message: message, hint: hint)
    }

    package static func badParameter(_ message: String, hint: String) -> HTTPError {
        HTTPError(status: 400, code: .badParameter, message: message, hint: hint)
    }

    package static func badBody(_ message: String, hint: String, status: Int = 400) -> HTTPError {
        HTTPError(status: status, code: .badBody, message: message, hint: hint)
    }

    /// Something that the request names does not exist; for unknown paths see `Router`.
    package static func notFound(_ message: String, hint: String, routes: [String] = []) -> HTTPError {
        HTTPError(status: 404, code: .notFound, message: message, hint: hint, routes: routes)
    }

    package static func methodNotAllowed(_ method: String, path: String, allowed: [String]) -> HTTPError {
        let list = allowed.joined(separator: ", ")
        return HTTPError(
            status: 405,
            code: .methodNotAllowed,
            message: "\(path) does not answer \(method)",
            hint: "use \(list)",
            headers: [HTTPHeader("Allow", list)]
        )
    }

    package static func tooLarge(_ message: String, hint: String, status: Int = 413) -> HTTPError {
        HTTPError(status: status, code: .tooLarge, message: message, hint: hint)
    }

    package static func busy(_ message: String, retryAfterSeconds: Int = 1) -> HTTPError {
        HTTPError(
            status: 503,
            code: .busy,
            message: message,
            hint: "try again in \(retryAfterSeconds) s",
            headers: [HTTPHeader("Retry-After", String(retryAfterSeconds))]
        )
    }

    package static func internalError(_ message: String) -> HTTPError {
        HTTPError(
            status: 500,
            code: .internal,
            message: message,
            hint: "this is a defect of MemScope; please report it"
        )
    }
}

extension HTTPError {
    /// The response for the client.
    package var response: HTTPResponse {
        var json = JSONWriter()
        json.object { json in
            json.member("error") { json in
                json.member("code", code.rawValue)
                json.member("message", message)
                json.member("hint", hint)
            }
            if !routes.isEmpty { json.member("routes", array: routes) }
        }
        return HTTPResponse(status: status, headers: headers, json: json.bytes)
    }
}

internal import CHTTP

// The way of a request from its header fields to an answer. Every function runs on the server thread, called by
// libmicrohttpd within `MHD_run`.
extension ServerLoop {
    /// Performs the next step of a request.
    ///
    /// - Parameters:
    ///   - exchange: The request.
    ///   - method: The method as sent.
    ///   - upload: The next part of the body; empty when there is none.
    /// - Returns: `NO` closes the connection.
    func advance(_ exchange: Exchange, method: String, upload: UnsafeRawBufferPointer) -> MHD_Result {
        switch exchange.phase {
        case .head: return begin(exchange, method: method)
        case .body(let match, let expected):
            if unsafe upload.isEmpty { return run(match, for: exchange) }
            guard exchange.body.count + upload.count <= expected else { return .NO }
            unsafe exchange.body.append(contentsOf: upload)
            return .YES
        case .ready(let response): return answer(exchange, with: response)
        case .working, .answered: return .YES
        }
    }

    /// Sends the worker's answer on the connection that waits for it, if that connection still exists.
    func finish(_ id: Int, with response: EncodedResponse) {
        guard let exchange = waiting.removeValue(forKey: id) else { return }
        exchange.phase = .ready(response)
        unsafe MHD_resume_connection(exchange.connection.handle)
    }

    private func begin(_ exchange: Exchange, method: String) -> MHD_Result {
        do throws(HTTPError) {
            guard let target = exchange.target else {
                throw .badRequest("the request target is not UTF-8", hint: "percent-encode text as UTF-8")
            }
            let handle = unsafe exchange.connection.handle
            let request = try HTTPRequest(method: method, target: target, headers: unsafe headers(of: handle))
            exchange.request = request
            switch try gate.admit(request, headerBytes: unsafe mscope_http_header_size(handle)) {
            case .run(let match, let bodyBytes): exchange.phase = .body(match, expected: bodyBytes)
            case .answer(let response): return answer(exchange, with: ResponseEncoder.encode(response, for: request))
            }
            return .YES
        } catch {
            if error.code == .unauthorized, let request = exchange.request, gate.isGuess(request) {
                let response = ResponseEncoder.encode(error.response, for: request)
                self.answer(exchange, with: response, after: gate.limits.guessMilliseconds)
                return .YES
            }
            // libmicrohttpd leaves the body unread and closes the connection after the answer.
            return answer(exchange, with: ResponseEncoder.encode(error.response, for: exchange.request))
        }
    }

    private func run(_ match: Router.Match, for exchange: Exchange) -> MHD_Result {
        var match = match
        match.request.body = exchange.body
        exchange.request = match.request
        guard match.route.isHeavy else { return answer(exchange, with: Self.response(to: match)) }
        let job = HeavyWorker.Job(
            work: { [match] in Self.response(to: match) },
            deliver: { [mailbox, id = exchange.id] in mailbox.deliver($0, to: id) }
        )
        guard worker.submit(job) else {
            let busy = HTTPError.busy("another heavy request is under way, and one runs at a time")
            return answer(exchange, with: ResponseEncoder.encode(busy.response, for: match.request))
        }
        exchange.phase = .working
        exchange.connection.enter(.working)
        waiting[exchange.id] = exchange
        unsafe MHD_suspend_connection(exchange.connection.handle)
        return .YES
    }

    private static func response(to match: Router.Match) -> EncodedResponse {
        do throws(HTTPError) {
            return ResponseEncoder.encode(try match.run(), for: match.request)
        } catch {
            return ResponseEncoder.encode(error.response, for: match.request)
        }
    }
}

/// The header fields in the order of arrival.
private func headers(of connection: OpaquePointer) -> [HTTPHeader] {
    var headers: [HTTPHeader] = []
    let append: MHD_KeyValueIterator = { context, _, name, value in
        let headers = unsafe context!.assumingMemoryBound(to: [HTTPHeader].self)
        if let name = unsafe name {
            let text = unsafe value.map { unsafe String(cString: $0) } ?? ""
            unsafe headers.pointee.append(HTTPHeader(String(cString: name), text))
        }
        return .YES
    }
    unsafe withUnsafeMutablePointer(to: &headers) { headers in
        _ = unsafe MHD_get_connection_values(connection, .HEADER_KIND, append, headers)
    }
    return headers
}

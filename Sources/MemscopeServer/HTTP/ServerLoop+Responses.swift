internal import CHTTP

// Turns an answer into libmicrohttpd's response.
extension ServerLoop {
    func answer(_ exchange: Exchange, with response: EncodedResponse) -> MHD_Result {
        exchange.phase = .answered
        switch response.body {
        case .bytes(let bytes): return send(bytes, of: response, to: exchange)
        case .events where exchange.request?.method == "HEAD": return send([], of: response, to: exchange)
        case .events(let first): return stream(first, of: response, to: exchange)
        }
    }

    private func send(_ bytes: [UInt8], of response: EncodedResponse, to exchange: Exchange) -> MHD_Result {
        exchange.connection.enter(.sending)
        // libmicrohttpd copies the bytes before the call returns.
        var bytes = bytes
        let handle = unsafe MHD_create_response_from_buffer(bytes.count, &bytes, .RESPMEM_MUST_COPY)
        return unsafe queue(handle, of: response, to: exchange)
    }

    private func stream(_ first: [ServerEvent], of response: EncodedResponse, to exchange: Exchange) -> MHD_Result {
        guard let stream = unsafe EventStream(handle: exchange.connection.handle, hub: hub, first: first) else {
            let busy = HTTPError.busy("as many event streams as allowed are open", retryAfterSeconds: 5)
            return answer(exchange, with: ResponseEncoder.encode(busy.response, for: exchange.request))
        }
        // The connection keeps the stream until libmicrohttpd reports that the request is complete.
        exchange.connection.enter(.streaming)
        exchange.connection.stream = stream
        let handle = unsafe mscope_http_stream(4096, readStream, Unmanaged.passUnretained(stream).toOpaque())
        return unsafe queue(handle, of: response, to: exchange)
    }

    /// When there is no memory for a response, libmicrohttpd must close the connection.
    private func queue(_ handle: OpaquePointer?, of response: EncodedResponse, to exchange: Exchange) -> MHD_Result {
        guard let handle = unsafe handle else { return .NO }
        defer { unsafe MHD_destroy_response(handle) }
        // The connection is closed, because the head of a further request would not pass `RequestHead`.
        _ = unsafe MHD_add_response_header(handle, "Connection", "close")
        for header in response.headers { _ = unsafe MHD_add_response_header(handle, header.name, header.value) }
        return unsafe MHD_queue_response(exchange.connection.handle, UInt32(response.status), handle)
    }
}

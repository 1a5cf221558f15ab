import CZlib
import MemscopeServer
import Testing

@Suite("Response on its way out") struct ResponseEncoderTests {
    private func encode(_ response: HTTPResponse, _ headers: [String: String] = [:]) -> EncodedResponse {
        ResponseEncoder.encode(
            response,
            for: HTTPRequest(path: "/", headers: headers.map { HTTPHeader($0.key, $0.value) })
        )
    }

    private let long = HTTPResponse(json: [UInt8](repeating: UInt8(ascii: "1"), count: 5000), etag: "v1")

    @Test("Every answer has the security headers, refusals too") func security() {
        for response in [long, HTTPError.badRequest("m", hint: "h").response] {
            let headers = encode(response).headers
            let policy = headers.value(of: "Content-Security-Policy") ?? ""
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(headers.value(of: "X-Content-Type-Options") == "nosniff")
            #expect(headers.value(of: "Referrer-Policy") == "no-referrer")
            #expect(headers.value(of: "Cross-Origin-Resource-Policy") == "same-origin")
            #expect(headers.value(of: "Cache-Control") == "no-store")
        }
    }

    @Test("A client that takes gzip gets the same bytes, smaller", arguments: ["gzip", "br, gzip;q=0.5", "*", "GZIP"])
    func gzip(accept: String) throws {
        let encoded = encode(long, ["Accept-Encoding": accept])
        guard case .bytes(let bytes) = encoded.body else { return }
        #expect(encoded.headers.value(of: "Content-Encoding") == "gzip")
        #expect(encoded.headers.value(of: "Vary") == "Accept-Encoding")
        #expect(bytes.count < 500)
        #expect(gunzipped(bytes, limit: 10_000) == [UInt8](repeating: UInt8(ascii: "1"), count: 5000))
    }

    @Test("A client that does not take gzip gets none", arguments: ["", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0"])
    func plain(accept: String) {
        let encoded = encode(long, ["Accept-Encoding": accept])
        #expect(encoded.headers.value(of: "Content-Encoding") == nil)
        #expect(encoded.body == long.body)
    }

    @Test("Short, binary and already encoded bodies stay as they are") func untouched() {
        let bytes = HTTPResponse.Body.bytes([UInt8](repeating: 0, count: 5000))
        let gzip = ["Accept-Encoding": "gzip"]
        #expect(encode(HTTPResponse(text: "short"), gzip).headers.value(of: "Content-Encoding") == nil)
        let binary = HTTPResponse(contentType: "application/octet-stream", body: bytes)
        #expect(encode(binary, gzip).body == bytes)
        let encoded = HTTPResponse(
            headers: [HTTPHeader("Content-Encoding", "gzip")],
            contentType: "text/plain",
            body: bytes
        )
        #expect(encode(encoded, gzip).headers.values(of: "Content-Encoding") == ["gzip"])
        #expect(encode(encoded, gzip).body == bytes)
    }

    @Test("A client that has the content gets 304", arguments: ["W/\"v1\"", "\"v1\"", "\"x\", W/\"v1\"", "*"])
    func notModified(offer: String) {
        let encoded = encode(long, ["If-None-Match": offer])
        #expect(encoded.status == 304)
        #expect(encoded.body == .bytes([]))
        #expect(encoded.headers.value(of: "ETag") == "W/\"v1\"")
    }

    @Test("Another tag, or a refusal with one, is answered in full", arguments: ["\"v2\"", "v1", "", "W/\"v1"])
    func modified(offer: String) {
        #expect(encode(long, ["If-None-Match": offer]).status == 200)
    }

    @Test("Random bytes survive gzip") func incompressible() {
        let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
        let encoded = encode(HTTPResponse(contentType: "text/plain", body: .bytes(bytes)), ["Accept-Encoding": "gzip"])
        guard case .bytes(let body) = encoded.body else { return }
        #expect(gunzipped(body, limit: 200_000) == bytes)
    }
}

func gunzipped(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var stream = unsafe z_stream()
    // inflateInit2 is a macro; 16 asks for the gzip format.
    guard unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        return nil
    }
    defer { unsafe inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: limit)
    let status = unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = output.baseAddress
            unsafe stream.avail_out = UInt32(output.count)
            return unsafe inflate(&stream, Z_FINISH)
        }
    }
    return status == Z_STREAM_END ? Array(output.prefix(unsafe Int(stream.total_out))) : nil
}

import Glibc

/// A client that sends exactly the bytes it is told to, right or wrong.
final class RawClient: Sendable {
    private let descriptor: Int32
    let isConnected: Bool
    /// A server stops when nobody holds it.
    private let server: TestServer?

    convenience init(_ server: TestServer) {
        self.init(url: server.url, holding: server)
    }

    init(url: String, holding server: TestServer? = nil) {
        self.server = server
        if url.hasPrefix("unix://") {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let path = url.dropFirst("unix://".count)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
            isConnected = unsafe connectAny(descriptor, &address, MemoryLayout<sockaddr_un>.size)
        } else {
            let port = UInt16(url.split(separator: ":").last.map(String.init) ?? "") ?? 0
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            // Other than an IPv4 address: this machine, as a name or with brackets.
            let host = url.dropFirst("http://".count).prefix { $0 != ":" }
            if unsafe inet_pton(AF_INET, String(host), &address.sin_addr) != 1 {
                address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            }
            isConnected = unsafe connectAny(descriptor, &address, MemoryLayout<sockaddr_in>.size)
        }
        setReceiveTimeout(seconds: 10)
    }

    deinit { close(descriptor) }

    func setReceiveTimeout(seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Makes the kernel hold little, so that a client which does not read is felt soon.
    func shrinkReceiveBuffer() {
        var size: Int32 = 4096
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends all of it; false when the server has closed meanwhile.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Whatever arrives next; nil at the end, on an error, or after the timeout.
    func receive(upTo limit: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(descriptor, &buffer, limit, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Everything until the server closes.
    func receiveAll() -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = receive() { bytes += part }
        return bytes
    }

    /// Reads until `text` has arrived; nil when it did not.
    func receive(until text: String) -> String? {
        var bytes: [UInt8] = []
        while let part = receive() {
            bytes += part
            let received = String(decoding: bytes, as: UTF8.self)
            if received.contains(text) { return received }
        }
        return nil
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}

private func connectAny(_ descriptor: Int32, _ address: UnsafeRawPointer, _ size: Int) -> Bool {
    unsafe connect(descriptor, address.assumingMemoryBound(to: sockaddr.self), socklen_t(size)) == 0
}

/// An answer, taken apart.
struct RawAnswer {
    let status: Int
    let head: String
    let body: [UInt8]

    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: Unicode.ASCII.self)
        guard text.hasPrefix("HTTP/1."), let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        head = String(text[..<end.lowerBound])
        body = Array(bytes.dropFirst(text.utf8.distance(from: text.startIndex, to: end.upperBound)))
        status = Int(head.split(separator: " ")[1]) ?? 0
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        let wanted = name.lowercased() + ":"
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(wanted) }
        return line.map { $0.dropFirst(wanted.count).drop { $0 == " " } }.map(String.init)
    }
}

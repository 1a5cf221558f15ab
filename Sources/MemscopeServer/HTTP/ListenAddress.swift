internal import Glibc

/// The address at which the server listens.
package enum ListenAddress: Sendable, Hashable {
    /// `host` is an IPv4 or IPv6 address without brackets; the system picks a free port for port 0.
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package static func loopback(port: UInt16) -> ListenAddress {
        .tcp(host: "127.0.0.1", port: port)
    }

    /// Reads `http://127.0.0.1:9100`, `http://[::1]:9100` or `unix:///run/app.sock`.
    ///
    /// - Throws: `invalidAddress`, with the text and the accepted forms.
    package init(url: String) throws(MemscopeServerError) {
        if url.hasPrefix("unix://") {
            self = .unix(path: String(url.dropFirst("unix://".count)))
        } else if url.hasPrefix("http://") {
            var authority = url.dropFirst("http://".count)
            if authority.last == "/" { authority.removeLast() }
            guard let (host, port) = splitAuthority(String(authority)), let port else { throw Self.invalid(url) }
            self = .tcp(host: host == "localhost" ? "127.0.0.1" : host, port: port)
        } else {
            throw Self.invalid(url)
        }
        guard isUsable else { throw Self.invalid(url) }
    }

    /// Whether only clients on this machine can connect.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host == "::1" || (isIPv4(host) && host.hasPrefix("127."))
        }
    }

    /// Whether the address stands for every address of the machine.
    var isWildcard: Bool {
        self.host == "0.0.0.0" || self.host == "::"
    }

    /// The URL for a client on this machine.
    var url: String {
        switch self {
        case .unix(let path): "unix://\(path)"
        case .tcp("0.0.0.0", let port): "http://127.0.0.1:\(port)"
        case .tcp("::", let port): "http://[::1]:\(port)"
        case .tcp(let host, let port): host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
        }
    }

    var host: String? {
        if case .tcp(let host, _) = self { host } else { nil }
    }

    private var isUsable: Bool {
        switch self {
        case .tcp(let host, _): isIPv4(host) || isIPv6(host)
        // A struct sockaddr_un holds a C string of at most 107 bytes.
        case .unix(let path): path.hasPrefix("/") && path.utf8.count <= 107 && !path.utf8.contains(0)
        }
    }

    static func invalid(_ text: String) -> MemscopeServerError {
        MemscopeServerError(
            code: .invalidAddress,
            message: "\"\(text)\" is no address to listen on; use http://127.0.0.1:9100, http://[::1]:9100 or "
                + "unix:///absolute/path of at most 107 bytes (an IP address, not a name; port 0 picks one)"
        )
    }
}

/// Splits `localhost:9100`, `[::1]:9100` or `name`; nil when the text is malformed.
///
/// The host is returned without brackets.
func splitAuthority(_ text: String) -> (host: String, port: UInt16?)? {
    let host: Substring
    let rest: Substring
    if text.hasPrefix("[") {
        guard let end = text.firstIndex(of: "]") else { return nil }
        host = text[text.index(after: text.startIndex)..<end]
        guard isIPv6(String(host)) else { return nil }
        rest = text[text.index(after: end)...]
    } else {
        host = text.prefix { $0 != ":" }
        rest = text[host.endIndex...]
    }
    guard !host.isEmpty else { return nil }
    if rest.isEmpty { return (String(host), nil) }
    guard rest.first == ":", rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
        let port = UInt16(rest.dropFirst())
    else { return nil }
    return (String(host), port)
}

func isIPv4(_ text: String) -> Bool {
    var address = in_addr()
    return unsafe inet_pton(AF_INET, text, &address) == 1
}

func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return unsafe inet_pton(AF_INET6, text, &address) == 1
}

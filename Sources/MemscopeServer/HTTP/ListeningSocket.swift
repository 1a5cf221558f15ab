internal import CMemscope
internal import Glibc
internal import Tracking

/// A bound, listening socket.
///
/// The owner gives `descriptor` to the server's loop, which closes it, and removes the file of a unix socket at the
/// end.
struct ListeningSocket: Sendable {
    let descriptor: Int32
    /// The address, with the port that the system picked.
    let address: ListenAddress
    /// Device and inode of the socket file, so that the file of a later server is not removed.
    let file: FileIdentity?
    private let generation = ForkGeneration()

    /// Binds and listens.
    ///
    /// - Throws: `addressInUse` or `invalidAddress`, with the address and the remedy.
    init(_ wanted: ListenAddress) throws(MemscopeServerError) {
        switch wanted {
        case .tcp(let host, let port):
            descriptor = try openTCP(host: host, port: port)
            address = .tcp(host: host, port: boundPort(of: descriptor))
            file = nil
        case .unix(let path):
            descriptor = try openUnix(path: path)
            address = wanted
            file = FileIdentity(path: path)
        }
        mscope_close_in_child(descriptor)
        if file != nil { SocketFiles.add(self) }
    }

    /// False in a forked child of the process that bound the socket.
    var isOfThisProcess: Bool { generation.isCurrent }

    /// Removes the file of a unix socket, if it still belongs to this server.
    func removeFile() {
        if file != nil { SocketFiles.forget(self) }
        unlinkFile()
    }

    /// Removes the file when the process ends and no server is stopped.
    func unlinkFile() {
        if case .unix(let path) = address, let file, FileIdentity(path: path) == file {
            unsafe unlink(path)
        }
    }

    /// Closes the socket when the loop that would have closed it did not start.
    func close() {
        removeFile()
        mscope_forget_descriptor(descriptor)
        _ = Glibc.close(descriptor)
    }
}

struct FileIdentity: Sendable, Equatable {
    var device: UInt
    var inode: UInt

    init?(path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }
}

private let backlog: Int32 = 128

private func newSocket(family: Int32) throws(MemscopeServerError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, type, 0)
    guard descriptor >= 0 else { throw systemError("socket", "the server could not open a socket") }
    return descriptor
}

private func openTCP(host: String, port: UInt16) throws(MemscopeServerError) -> Int32 {
    let isV6 = isIPv6(host)
    let descriptor = try newSocket(family: isV6 ? AF_INET6 : AF_INET)
    var on: Int32 = 1
    // This lets a restarted program use its port again while old connections still exist.
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let result = isV6 ? bindV6(descriptor, host: host, port: port) : bindV4(descriptor, host: host, port: port)
    guard result == 0, listen(descriptor, backlog) == 0 else {
        defer { close(descriptor) }
        throw bindError(host: host, port: port)
    }
    return descriptor
}

private func bindV4(_ descriptor: Int32, host: String, port: UInt16) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    unsafe inet_pton(AF_INET, host, &address.sin_addr)
    return unsafe bindAny(descriptor, &address, MemoryLayout<sockaddr_in>.size)
}

private func bindV6(_ descriptor: Int32, host: String, port: UInt16) -> Int32 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    unsafe inet_pton(AF_INET6, host, &address.sin6_addr)
    return unsafe bindAny(descriptor, &address, MemoryLayout<sockaddr_in6>.size)
}

private func bindAny(_ descriptor: Int32, _ address: UnsafeRawPointer, _ size: Int) -> Int32 {
    unsafe bind(descriptor, address.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
}

private func bindError(host: String, port: UInt16) -> MemscopeServerError {
    let number = errno
    let cause = systemCause("bind")
    switch number {
    case EADDRINUSE:
        return MemscopeServerError(
            code: .addressInUse,
            message: "port \(port) on \(host) is taken; choose another port, or port 0 for a free one",
            cause: cause
        )
    case EACCES:
        return MemscopeServerError(
            code: .system,
            message: "this user may not listen on port \(port); choose a port above 1023",
            cause: cause
        )
    case EADDRNOTAVAIL:
        return MemscopeServerError(
            code: .invalidAddress,
            message: "this machine has no address \(host); use 127.0.0.1",
            cause: cause
        )
    default:
        return MemscopeServerError(code: .system, message: "the server cannot listen on \(host):\(port)", cause: cause)
    }
}

private func boundPort(of descriptor: Int32) -> UInt16 {
    var storage = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // The port has the same offset in both address families.
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        _ = unsafe getsockname(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
    }
    return UInt16(bigEndian: storage.sin6_port)
}

private func openUnix(path: String) throws(MemscopeServerError) -> Int32 {
    // When two servers start at the same time, the second must not take the new socket of the first for a stale one.
    let turn = FolderTurn(of: path)
    defer { turn.end() }
    try removeStaleSocket(path)
    let descriptor = try newSocket(family: AF_UNIX)
    // On Linux the mode of the socket becomes the mode of its file. So other users can never open the file, and the
    // program's umask needs no change.
    var address = unixAddress(path)
    guard fchmod(descriptor, 0o600) == 0,
        unsafe bindAny(descriptor, &address, MemoryLayout<sockaddr_un>.size) == 0, listen(descriptor, backlog) == 0
    else {
        defer { close(descriptor) }
        throw systemError("bind", "the server cannot listen on \(path); its folder must exist and be writable")
    }
    return descriptor
}

/// Removes a socket file on which no process listens, and throws for everything else.
private func removeStaleSocket(_ path: String) throws(MemscopeServerError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw MemscopeServerError(
            code: .addressInUse,
            message: "\(path) exists and is not a socket; choose another path"
        )
    }
    let probe = try newSocket(family: AF_UNIX)
    defer { close(probe) }
    var address = unixAddress(path)
    let result = unsafe withUnsafeBytes(of: &address) { bytes in
        unsafe connect(
            probe,
            bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
            socklen_t(MemoryLayout<sockaddr_un>.size)
        )
    }
    guard result == 0 || errno != EACCES else {
        throw MemscopeServerError(
            code: .addressInUse,
            message: "\(path) is a socket of another user; choose another path, or put {PID} into it"
        )
    }
    guard result != 0, errno == ECONNREFUSED else {
        throw MemscopeServerError(
            code: .addressInUse,
            message: "another process listens on \(path); choose another path, or put {PID} into it"
        )
    }
    unsafe unlink(path)
}

private func unixAddress(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix(107)) }
    return address
}

internal import CHTTP

// The functions that libmicrohttpd calls, all within `MHD_run` or `MHD_stop_daemon` on the server thread. `context` is
// the loop, which lives longer than the daemon. The context of a request is its exchange, which is retained from the
// request's first line until `completed`.

let serverCallbacks = unsafe mscope_http_callbacks(
    request: advanceRequest,
    target: beginRequest,
    completed: completeRequest,
    connection: noteConnection
)

private func loop(_ context: UnsafeMutableRawPointer?) -> ServerLoop {
    unsafe Unmanaged<ServerLoop>.fromOpaque(context!).takeUnretainedValue()
}

private let beginRequest:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>, OpaquePointer) -> UnsafeMutableRawPointer? = {
        context,
        target,
        handle in
        let loop = unsafe loop(context)
        guard let connection = loop.connections[UInt(bitPattern: handle)] else { return nil }
        connection.beginRequest()
        let exchange = loop.makeExchange(connection: connection, target: unsafe String(validatingCString: target))
        return unsafe Unmanaged.passRetained(exchange).toOpaque()
    }

private let advanceRequest: MHD_AccessHandlerCallback = {
    context,
    _,
    _,
    method,
    _,
    upload,
    uploadSize,
    requestContext in
    guard let pointer = unsafe requestContext?.pointee, let method = unsafe method, let size = unsafe uploadSize else {
        return .NO
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    let part = unsafe UnsafeRawBufferPointer(start: upload, count: size.pointee)
    unsafe size.pointee = 0
    return unsafe loop(context).advance(exchange, method: String(cString: method), upload: part)
}

private let completeRequest: MHD_RequestCompletedCallback = { context, _, requestContext, _ in
    guard let pointer = unsafe requestContext?.pointee else { return }
    unsafe requestContext?.pointee = nil
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
    exchange.connection.finishRequest()
    unsafe loop(context).waiting[exchange.id] = nil
}

private let noteConnection: MHD_NotifyConnectionCallback = { context, handle, _, event in
    guard let handle = unsafe handle else { return }
    let loop = unsafe loop(context)
    if event == .CONNECTION_NOTIFY_STARTED {
        unsafe loop.open(handle)
    } else {
        unsafe loop.close(handle)
    }
}

/// Reads the events of one stream; the context is the pointer to the stream.
let readStream: MHD_ContentReaderCallback = { context, _, buffer, size in
    let stream = unsafe Unmanaged<EventStream>.fromOpaque(context!).takeUnretainedValue()
    return unsafe stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
}

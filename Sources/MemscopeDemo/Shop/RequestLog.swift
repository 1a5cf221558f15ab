/// Lines about requests; they are collected, and dropped in batches as if they were written to a disk.
actor RequestLog {
    private static let batch = 2_000
    private var lines: [String] = []
    private var written = 0

    func record(_ request: Request, _ response: Response) {
        lines.append("\(request.number) \(request.visitor) \(response.status) \(response.body.count)")
        if lines.count == Self.batch { flush() }
    }

    private func flush() {
        written += lines.joined(separator: "\n").utf8.count
        lines.removeAll()
    }
}

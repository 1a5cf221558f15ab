internal import CMemscope
internal import Glibc

/// A lock that lets only one process at a time make a socket in a folder.
///
/// The folder itself is locked, so no file is left behind. Any process that may read the folder may lock it for other
/// reasons, so this process waits for two seconds at most.
struct FolderTurn {
    private static let tries = 200
    private static let pause: UInt32 = 10_000

    private let descriptor: Int32

    init(of path: String) {
        let folder = path.split(separator: "/").dropLast().reduce(into: "/") { $0 += $1 + "/" }
        descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        mscope_close_in_child(descriptor)
        for _ in 0..<Self.tries where flock(descriptor, LOCK_EX | LOCK_NB) != 0 { usleep(Self.pause) }
    }

    func end() {
        guard descriptor >= 0 else { return }
        mscope_forget_descriptor(descriptor)
        close(descriptor)
    }
}

import MemscopeTesting
import NoLeaksModels
import Testing

private func pair() async {
    let first = Hub(), second = Hub()
    await first.link(second)
    await second.link(first)
}

private func ring() -> Node {
    let first = Node(), second = Node()
    first.next = second
    second.next = first
    return first
}

// Not inlined: an optimizer that sees all of it makes no page at all.
@inline(never) private func selfMade() -> Page {
    let page = Page()
    page.parent = page
    return page
}

@MainActor private func ringOnMain() { _ = ring() }

private struct Failure: Error {}

private func failing() async throws {
    await pair()
    throw Failure()
}

/// Each test loses something, once or five times over.
@Suite("Tests that leak", FewMisses())
struct Leaking {
    private static let counts = [1, 5]

    @Test(MustFail(), .noLeaks, arguments: counts) func actorPair(_ count: Int) async {
        for _ in 0..<count { await pair() }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func actorPairInline(_ count: Int) async {
        for _ in 0..<count {
            let first = Hub(), second = Hub()
            await first.link(second)
            await second.link(first)
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func actorOfItself(_ count: Int) async {
        for _ in 0..<count {
            let hub = Hub()
            await hub.link(hub)
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func actorRing(_ count: Int) async {
        for _ in 0..<count {
            let first = Hub(), second = Hub(), third = Hub()
            await first.link(second)
            await second.link(third)
            await third.link(first)
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func handlerOfActor(_ count: Int) async {
        for _ in 0..<count {
            let registry = Registry()
            await registry.onCount { await registry.count() }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func handlerWithCaptures(_ count: Int) async {
        for _ in 0..<count {
            let registry = Registry(), hub = Hub()
            await registry.add(hub)
            await registry.onCount {
                _ = hub
                return await registry.count()
            }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func nodes(_ count: Int) {
        for _ in 0..<count { _ = ring() }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func pageOfItself(_ count: Int) {
        for _ in 0..<count { _ = selfMade() }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func handlerOfItself(_ count: Int) {
        for _ in 0..<count {
            let page = Page()
            page.onTurn = { page.numbers.0 }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func nodesAsync(_ count: Int) async {
        for _ in 0..<count { _ = ring() }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func nodesAcrossSuspensions(_ count: Int) async {
        for _ in 0..<count {
            let first = Node(), second = Node()
            first.next = second
            await Task.yield()
            second.next = first
            await Task.yield()
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func arrays(_ count: Int) {
        for _ in 0..<count {
            let first = Node("a name that is longer than fits"), second = Node()
            first.tail = [second, second]
            second.tail.append(first)
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func arraysAsync(_ count: Int) async {
        for _ in 0..<count {
            let first = Node(), second = Node()
            first.tail = [second, second]
            second.tail.append(first)
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func closure(_ count: Int) {
        for _ in 0..<count {
            let button = Button()
            button.onTap = { button.taps += 1 }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func closureAsync(_ count: Int) async {
        for _ in 0..<count {
            let button = Button()
            button.onTap = { button.taps += 1 }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func capturedVariable(_ count: Int) {
        for _ in 0..<count {
            var button: Button? = Button()
            let other = Button()
            other.onTap = { button?.taps += other.taps }
            button?.onTap = other.onTap
            if other.taps > 3 { button = nil }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func capturedVariableAsync(_ count: Int) async {
        for _ in 0..<count {
            var button: Button? = Button()
            let other = Button()
            other.onTap = { button?.taps += other.taps }
            button?.onTap = other.onTap
            if other.taps > 3 { button = nil }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func genericClosure(_ count: Int) {
        for _ in 0..<count {
            let slot = Slot<() -> Int>()
            slot.value = { slot.value == nil ? 0 : 1 }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func genericClosureAsync(_ count: Int) async {
        for _ in 0..<count {
            let slot = Slot<() -> Int>()
            slot.value = { slot.value == nil ? 0 : 1 }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func indirectEnum(_ count: Int) {
        for _ in 0..<count {
            let holder = Holder()
            holder.tree = .node(.leaf(holder), .leaf(Holder()))
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func indirectEnumAsync(_ count: Int) async {
        for _ in 0..<count {
            let holder = Holder()
            holder.tree = .node(.leaf(holder), .leaf(Holder()))
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func protocols(_ count: Int) {
        for _ in 0..<count {
            let circle = Circle(), square = Square()
            circle.other = square
            square.other = circle
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func protocolsAsync(_ count: Int) async {
        for _ in 0..<count {
            let circle = Circle(), square = Square()
            circle.other = square
            square.other = circle
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func dictionary(_ count: Int) {
        for _ in 0..<count {
            let first = Table(), second = Table()
            first.rows["one"] = second
            second.owner = first
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func dictionaryAsync(_ count: Int) async {
        for _ in 0..<count {
            let first = Table(), second = Table()
            first.rows["one"] = second
            second.owner = first
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func retained(_ count: Int) {
        for _ in 0..<count { lose(Node()) }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func retainedAsync(_ count: Int) async {
        for _ in 0..<count { lose(Node()) }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func memory(_ count: Int) {
        for index in 0..<count { allocate(100 + index) }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func memoryAsync(_ count: Int) async {
        for index in 0..<count { allocate(100 + index) }
    }

    private func allocate(_ size: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        unsafe memory.storeBytes(of: 3, as: Int.self)
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func ofMainActor(_ count: Int) async {
        for _ in 0..<count { await ringOnMain() }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func beforeAnError(_ count: Int) async {
        for _ in 0..<count { try? await failing() }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func childTask(_ count: Int) async {
        for _ in 0..<count {
            async let made: Void = pair()
            await made
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func taskGroup(_ count: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { await pair() } }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func unstructuredTask(_ count: Int) async {
        for _ in 0..<count { await Task { await pair() }.value }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func endedTask(_ count: Int) async {
        for _ in 0..<count {
            let worker = Worker()
            worker.task = Task { worker.count += 1 }
            await worker.task?.value
            worker.onEnd = { worker.count += 1 }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func timer(_ count: Int) async {
        for _ in 0..<count {
            let worker = Worker()
            worker.onEnd = { worker.count += 1 }
            try? await Task.sleep(for: .milliseconds(1))
            worker.onEnd?()
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func stream(_ count: Int) async {
        for _ in 0..<count {
            let worker = Worker()
            let (values, continuation) = AsyncStream<Int>.makeStream()
            worker.onEnd = { continuation.yield(worker.count) }
            worker.onEnd?()
            continuation.finish()
            for await value in values { worker.count += value }
        }
    }

    @Test(MustFail(), .noLeaks, arguments: counts) func lostContinuation(_ count: Int) async {
        for _ in 0..<count {
            Task { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
        }
        for _ in 0..<20 { await Task.yield() }
        try? await Task.sleep(for: .milliseconds(20))
    }
}

import Testing
import Tracking

/// A closure of its own function, in a place where its code can be read.
private final class Button {
    var onTap: (() -> Void)?
    var taps = 0

    @inline(never) func connect() -> Int {
        onTap = { self.taps += 1 }
        return #line - 1
    }
}

@Suite("Where closures come from") struct ClosureOriginTests {
    @Test("A closure that captures one object is named by its code, past the compiler's forwarder") func code() throws {
        let button = Button()
        let line = button.connect()
        let object = unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(button).toOpaque()))
        // Behind metadata and counts: the code, then the context, which is the object itself.
        let frame = try #require(MetadataStore().function(pointedToAt: object + 16))
        #expect(frame.function.hasPrefix("closure #1 () -> () in "))
        #expect(frame.function.contains("Button") && frame.function.hasSuffix(".connect() -> Swift.Int"))
        #expect(frame.file?.hasSuffix("ClosureOriginTests.swift") == true && frame.line == line)
        withExtendedLifetime(button) {}
    }

    @Test("A word that is no code has no function") func noCode() {
        let names = MetadataStore()
        var words: [UInt64] = [0, 1, 1 << 46]
        unsafe words.withUnsafeMutableBytes { bytes in
            let start = UInt64(UInt(bitPattern: bytes.baseAddress))
            for offset in [0, 8, 16] as [UInt64] { #expect(names.function(pointedToAt: start + offset) == nil) }
        }
        #expect(names.function(pointedToAt: 8) == nil)
    }

    @Test("The maker is the innermost function of the program's own") func maker() {
        let stack = [
            Frame(function: "swift_slowAlloc", image: "libswiftCore.so"),
            Frame(function: "malloc", image: "demo"),
            Frame(function: "reabstraction thunk helper from @escaping () -> ()", image: "demo"),
            Frame(
                function: "generic specialization <()> of static (extension in Swift):Swift.Task.detached",
                image: "demo"
            ),
            Frame(
                function: "generic specialization <Int> of Swift.Array.append",
                file: "/a.swift",
                line: 3,
                image: "demo"
            ),
            Frame(function: "static Demo.Model.bind() -> ()", image: "demo"),
            Frame(function: "main", file: "/src/main.swift", line: 4, image: "demo"),
        ]
        #expect(AllocatorFrames.maker(in: stack)?.function == "static Demo.Model.bind() -> ()")
        #expect(AllocatorFrames.maker(in: Array(stack.prefix(5))) == nil)
        #expect(AllocatorFrames.maker(in: []) == nil)
    }
}

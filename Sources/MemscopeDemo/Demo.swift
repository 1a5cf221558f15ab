import Glibc
import MemscopeServer

/// Starts the dashboard, then keeps the shop busy until a signal or the time limit.
@main
enum Demo {
    // Not async: the main thread of an async program waits with all signals unblocked, so Ctrl-C would end the program
    // at once.
    static func main() {
        do {
            guard let options = try Options.parse(Array(CommandLine.arguments.dropFirst())) else {
                print(Options.help)
                return
            }
            try run(options)
        } catch let error as OptionError {
            fail(error.message, status: 2)
        } catch {
            fail("\(error)", status: 1)
        }
    }

    private static func run(_ options: Options) throws {
        guard !options.crimes || Crimes.areHarmless else {
            throw OptionError(message: "--crimes needs MEMSCOPE_CHECKS=full or pages: else they would do harm")
        }
        var stop = StopSignal()
        let server = try MemScope.serve(port: options.port)
        print("MemScope demo: \(server.visitURL)")
        fflush(nil)
        if options.crimes { Crimes.commit() }
        let visitors = Task.detached(name: "visitors") { await keepBusy(options) }
        stop.wait(seconds: options.seconds)
        visitors.cancel()
        server.stop()
    }

    private static func keepBusy(_ options: Options) async {
        let shop = Shop()
        var visitors = Visitors(catalogue: shop.catalogue)
        var wave = LoadWave(mean: options.load)
        let step = 0.02
        let start = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            for tick in 0... {
                if Task.isCancelled { break }
                for _ in 0..<wave.due(at: Double(tick) * step, step: step) where shop.admit() {
                    let request = visitors.nextRequest()
                    group.addTask { await shop.answer(request) }
                }
                if tick.isMultiple(of: 50) { await shop.sessions.expire() }
                if options.leaks, tick.isMultiple(of: 25) { Leaks.leakOnce() }
                if options.crimes, tick % 250 == 249 { Crimes.commit() }
                try? await Task.sleep(until: start + .seconds(step) * tick)
            }
        }
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        var line = "memscope-demo: \(message)\n"
        line.withUTF8 { text in _ = unsafe write(STDERR_FILENO, text.baseAddress, text.count) }
        exit(status)
    }
}

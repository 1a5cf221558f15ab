// The victims in Swift; how they are called and how they end is as in support/victim.h.
import Glibc

let all = pointerVictims + objectVictims + bufferVictims
guard CommandLine.arguments.count > 2, let victim = all.first(where: { $0.name == CommandLine.arguments[1] }) else {
    print("usage: victims NAME crime|twin, of the names in the sources")
    exit(2)
}
victim.run()
print("\(victim.name) ended, its neighbours are well")
exit(3)

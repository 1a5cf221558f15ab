import Glibc

/// One piece of ordinary Swift work: objects, dictionaries, strings, a document written out.
///
/// - Parameter number: Varies the contents, not the amount of work.
/// - Returns: A figure that depends on all of it, so that nothing can be left out.
@inline(never)
func work(_ number: Int) -> Int {
    var previous: Customer?
    var byCity: [String: [Customer]] = [:]
    for index in 0..<8 {
        let customer = Customer(number: number + index, referredBy: previous)
        byCity[customer.city, default: []].append(customer)
        previous = customer
    }
    let lines = byCity.values.joined().map { customer -> Document in
        .object(["name": .text(customer.name), "city": .text(customer.city), "quantity": .number(number & 7)])
    }
    var text = ""
    Document.object(["number": .number(number), "lines": .list(lines)]).write(to: &text)
    let words = text.split(separator: " ").map { $0.uppercased() }
    return text.utf8.count + words.count
}

private func nanoseconds(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) * 1e9 + Double(now.tv_nsec)
}

/// Repeats the work and prints nanoseconds per piece, on the wall and on the processor.
///
/// - Parameter arguments: The program's; the second is the length of the loop in seconds.
public func measure(arguments: [String]) {
    guard arguments.count == 2, let seconds = Double(arguments[1]), seconds > 0 else {
        print("usage: mix SECONDS")
        exit(2)
    }
    var sum = 0
    var pieces = 0.0
    var wall = 0.0
    var processor = 0.0
    // The warm-up and what is measured are one loop: the stacks of the one are those of the other.
    for batch in 0... {
        if batch == 100 {
            pieces = 0
            wall = nanoseconds(CLOCK_MONOTONIC)
            processor = nanoseconds(CLOCK_THREAD_CPUTIME_ID)
        }
        for number in 0..<10 { sum &+= work(number) }
        pieces += 10
        if batch > 100, nanoseconds(CLOCK_MONOTONIC) - wall >= seconds * 1e9 { break }
    }
    print("wall_ns \((nanoseconds(CLOCK_MONOTONIC) - wall) / pieces)")
    print("cpu_ns \((nanoseconds(CLOCK_THREAD_CPUTIME_ID) - processor) / pieces)")
    if sum == 0 { exit(1) }
}

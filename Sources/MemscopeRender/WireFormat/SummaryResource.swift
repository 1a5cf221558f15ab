package import MemscopeAnalysis
package import Tracking

/// The figures of the whole process at one moment.
package struct SummaryValues: Sendable, Hashable {
    package var totals: Totals
    /// In nanoseconds on the monotonic clock.
    package var now: UInt64
    /// Nil when the system did not report it; this also applies to `allocatorHeldBytes`.
    package var rssBytes: UInt64?
    package var allocatorHeldBytes: UInt64?
    /// The name of the allocator, such as "glibc" or "jemalloc".
    package var allocator: String
    /// Mean distance between samples in bytes; used when figures are estimates.
    package var sampleInterval: UInt64
    /// Means over the last second; nil before the collector's second reading.
    package var rates: TimelineRates?

    package init(
        totals: Totals,
        now: UInt64,
        rssBytes: UInt64?,
        allocatorHeldBytes: UInt64?,
        allocator: String,
        sampleInterval: UInt64,
        rates: TimelineRates?
    ) {
        self.totals = totals
        self.now = now
        self.rssBytes = rssBytes
        self.allocatorHeldBytes = allocatorHeldBytes
        self.allocator = allocator
        self.sampleInterval = sampleInterval
        self.rates = rates
    }

    /// Upper bound of one standard deviation of the live bytes, in bytes.
    package func liveBytesStandardError(_ quality: Quality) -> Double {
        guard quality != .measured else { return 0 }
        return StandardError.bound(ofBytes: totals.program.liveBytes, interval: sampleInterval)
    }

    package var uptimeNanoseconds: UInt64 {
        now > totals.startedAt ? now - totals.startedAt : 0
    }
}

extension WireFormat {
    /// Answers `GET /api/summary`.
    package static func summary(_ values: SummaryValues, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { members(of: values, quality: envelope.quality, to: &$0) }
    }

    static func members(of values: SummaryValues, quality: Quality, to json: inout JSONWriter) {
        heap(values, quality: quality, to: &json)
        system(values, to: &json)
        json.member("rates") { rates(values.rates, to: &$0) }
        drops(values.totals, to: &json)
    }

    private static func heap(_ values: SummaryValues, quality: Quality, to json: inout JSONWriter) {
        let totals = values.totals
        json.member("liveBytes", totals.program.liveBytes)
        json.member("liveBlocks", totals.program.liveBlocks)
        json.member("liveBytesStandardError", values.liveBytesStandardError(quality))
        json.member("allocations", totals.program.allocations)
        json.member("frees", totals.program.frees)
        json.member("allocatedBytes", totals.program.allocatedBytes)
        json.member("freedBytes", totals.program.freedBytes)
        json.member("peakLiveBytes", totals.peakLiveBytes)
        json.member("peakErrorBytes", totals.peakErrorBytes)
        json.member("sites", totals.sites)
        json.member("threads", totals.threadsAlive)
    }

    private static func system(_ values: SummaryValues, to json: inout JSONWriter) {
        let totals = values.totals
        json.member("rssBytes", values.rssBytes)
        json.member("allocatorHeldBytes", values.allocatorHeldBytes)
        json.member("allocator", values.allocator)
        json.member("uptimeNanoseconds", values.uptimeNanoseconds)
        json.member("ownBytes", totals.ownBytes)
        json.member("ownLimitBytes", totals.ownLimitBytes)
        json.member("ownThreads") { json in
            json.member("liveBytes", totals.ownThreads.liveBytes)
            json.member("liveBlocks", totals.ownThreads.liveBlocks)
        }
        json.member("mapped") { json in
            json.member("calls", totals.mappedCalls)
            json.member("bytes", totals.mappedBytes)
            json.member("unmapCalls", totals.unmappedCalls)
            json.member("unmapBytes", totals.unmappedBytes)
        }
    }

    private static func rates(_ rates: TimelineRates?, to json: inout JSONWriter) {
        json.member("allocationsPerSecond", rates?.allocationsPerSecond)
        json.member("freesPerSecond", rates?.freesPerSecond)
        json.member("allocatedBytesPerSecond", rates?.allocatedBytesPerSecond)
    }

    private static func drops(_ totals: Totals, to json: inout JSONWriter) {
        json.member("stacks") { json in
            json.member("exact", totals.stacksExact)
            json.member("truncated", totals.stacksTruncated)
            json.member("guessed", totals.stacksGuessed)
        }
        json.member("recycledSites") { json in
            json.member("count", totals.recycledSites)
            json.member("allocations", totals.recycledAllocations)
            json.member("allocatedBytes", totals.recycledBytes)
        }
        json.member("drops") { json in
            json.member("events", totals.droppedEvents)
            json.member("stacks", totals.droppedStacks)
            json.member("blocks", totals.droppedBlocks)
            json.member("accounts", totals.droppedAccounts)
            json.member("threads", totals.droppedThreads)
        }
    }
}

package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `POST /api/leakscan`; also the data of the event `leakscan`.
    package static func leakScan(
        _ scan: MemScope.HeapAnalysis.Scan,
        _ summary: MemScope.HeapAnalysis.Summary,
        in envelope: Envelope
    ) -> [UInt8] {
        answer(in: envelope) { json in
            json.member("scan") { members(of: scan, to: &$0) }
            json.member("summary") { members(of: summary, to: &$0) }
        }
    }

    static func members(of scan: MemScope.HeapAnalysis.Scan, to json: inout JSONWriter) {
        json.member("takenAt", scan.takenAtNanoseconds)
        json.member("method", scan.method)
        json.member("pauseNanoseconds", scan.pauseNanoseconds)
        json.member("durationNanoseconds", scan.durationNanoseconds)
        json.member("blocks", scan.blocks)
        json.member("bytes", scan.bytes)
        json.member("threads", scan.threads)
        json.member("threadsRead", scan.threadsRead)
        json.member("threadsLeft", scan.threadsLeft)
        json.member("unknownHeap", scan.hasUnknownHeap)
        json.member("refusedReferences", scan.refusedReferences)
        json.member("passes", scan.passes)
    }

    static func members(of summary: MemScope.HeapAnalysis.Summary, to json: inout JSONWriter) {
        json.member("unreachableBlocks", summary.unreachableBlocks)
        json.member("unreachableBytes", summary.unreachableBytes)
        json.member("cycles", summary.cycles)
        json.member("suspects", summary.suspects)
        json.member("kernelSuspects", summary.kernelSuspects)
        json.member("stackHeldBlocks", summary.stackHeldBlocks)
        json.member("stackHeldBytes", summary.stackHeldBytes)
        json.member("stackSuspects", summary.stackSuspects)
        json.member("stackSuspectBytes", summary.stackSuspectBytes)
        json.member("kernelHeldBlocks", summary.kernelHeldBlocks)
        json.member("kernelHeldBytes", summary.kernelHeldBytes)
        json.member("suppressedBlocks", summary.suppressedBlocks)
        json.member("suppressedBytes", summary.suppressedBytes)
    }
}

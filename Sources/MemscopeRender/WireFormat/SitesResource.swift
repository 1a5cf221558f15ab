package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/sites`.
    ///
    /// Only the rows of the page are named.
    package static func sites(_ page: Page<Site>, naming: StackNaming, in envelope: Envelope) -> [UInt8] {
        list("sites", page, in: envelope) { json, site in
            json.member("id", site.id)
            json.member("bytes", site.counts.liveBytes)
            json.member("blocks", site.counts.liveBlocks)
            json.member("allocations", site.counts.allocations)
            json.member("frees", site.counts.frees)
            json.member("allocatedBytes", site.counts.allocatedBytes)
            json.member("freedBytes", site.counts.freedBytes)
            json.member("peakBytes", site.peakBytes)
            json.member("stackQuality", MemScope.SiteUsage.StackQuality(site).rawValue)
            json.member("async", site.isAsync)
            json.stack(naming(site))
        }
    }
}

internal import MemscopeAnalysis
internal import Tracking

extension MetadataStore {
    /// The image whose code allocated at a site.
    func module(ofSite id: UInt32) -> String {
        CaptureCore.site(id).map { allocatingModule(stack: $0.addresses, at: $0.firstSeen) } ?? "unknown"
    }

    /// The named stack of a site; empty when no stack was taken.
    func stack(ofSite id: UInt32) -> [Frame] {
        CaptureCore.site(id).map { symbolize(stack: $0.addresses, at: $0.firstSeen) } ?? []
    }

    /// Names the stack of a leak.
    func name(_ leak: inout MemScope.HeapAnalysis.Leak) {
        leak.stack = stack(ofSite: leak.site)
    }

    /// Names the stack of a cycle, and the place that made the reference which should be broken.
    func name(_ cycle: inout MemScope.HeapAnalysis.Cycle) {
        cycle.stack = stack(ofSite: cycle.site)
        switch cycle.breakEdge?.place {
        case .site(let site): cycle.breakEdge?.at = AllocatorFrames.maker(in: stack(ofSite: site))
        case .code(let address): cycle.breakEdge?.at = function(pointedToAt: address.value)
        case nil: break
        }
    }
}

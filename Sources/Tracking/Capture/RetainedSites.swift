internal import CMemscope

/// Keeps sites from being recycled as long as it lives: their ids stay valid, and their stacks can be read.
package final class RetainedSites: Sendable {
    private let sites: [UInt32]

    /// Ids that are not valid any more are left out.
    package init(_ sites: some Sequence<UInt32>) {
        self.sites = sites.filter { mscope_retain_site($0) }
    }

    deinit {
        for site in sites { mscope_release_site(site) }
    }
}

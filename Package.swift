// swift-tools-version: 6.2

import PackageDescription

// House rules, compiled. Each upcoming feature links to the proposal that says why.
let swiftRules: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
    .enableUpcomingFeature("InferIsolatedConformances"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

// What watches a program takes from its processors, in a debug build too: so it is optimized there.
let engineRules = swiftRules + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let cRules: [CSetting] = [
    .define("_GNU_SOURCE"),
    .enableWarning("all"),
    .enableWarning("extra"),
    .enableWarning("conversion"),
    .treatAllWarnings(as: .error),
]

// A program may bring libraries of its own under these names (LD_LIBRARY_PATH): the engine takes the system's.
let ownLibraries = [
    "--disable-new-dtags", "-rpath=/usr/lib/x86_64-linux-gnu", "-rpath=/usr/lib/aarch64-linux-gnu", "-rpath=/usr/lib64",
    "--no-as-needed", "-lz", "-lstdc++",
]

let package = Package(
    name: "memscope-swift",
    products: [
        .library(name: "MemscopeServer", targets: ["MemscopeServer", "MemscopeCore"]),
        .library(name: "MemscopeTesting", targets: ["MemscopeTesting", "MemscopeCore"]),
        .library(name: "MemscopeEngine", type: .dynamic, targets: ["MemscopeEngine"]),
        .executable(name: "memscope-demo", targets: ["MemscopeDemo"]),
    ],
    targets: [
        // Data flows down this list: a target imports only what stands above it.
        // Nothing depends on the core itself, only on its headers: who links, links one, and the engine links none, as
        // it is loaded into processes that have it.
        .target(
            name: "MemscopeCore",
            path: "Sources/CMemscope",
            cSettings: cRules + [.headerSearchPath("."), .unsafeFlags(["-O2"], .when(configuration: .debug))]
        ),
        .systemLibrary(name: "CMemscope", path: "Sources/CMemscope/include"),
        .systemLibrary(
            name: "CMicrohttpd",
            pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"]), .yum(["libmicrohttpd-devel"])]
        ),
        .target(name: "CHTTP", dependencies: ["CMicrohttpd"], cSettings: cRules),
        .systemLibrary(
            name: "CElfutils",
            pkgConfig: "libdw",
            providers: [.apt(["libdw-dev"]), .yum(["elfutils-devel"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"])]
        ),
        .target(name: "Tracking", dependencies: ["CMemscope", "CElfutils", "CZlib"], swiftSettings: engineRules),
        .target(name: "MemscopeAnalysis", dependencies: ["Tracking"], swiftSettings: engineRules),
        .target(name: "MemscopeRender", dependencies: ["MemscopeAnalysis", "Tracking"], swiftSettings: engineRules),
        .target(
            name: "MemscopeServer",
            dependencies: ["MemscopeRender", "MemscopeAnalysis", "Tracking", "CMemscope", "CHTTP", "CZlib"],
            swiftSettings: engineRules
        ),
        .target(
            name: "MemscopeEngine",
            dependencies: ["MemscopeServer"],
            swiftSettings: engineRules,
            linkerSettings: [.unsafeFlags(ownLibraries.flatMap { ["-Xlinker", $0] })]
        ),
        .target(
            name: "MemscopeTesting",
            dependencies: ["MemscopeServer", "MemscopeAnalysis", "Tracking"],
            swiftSettings: engineRules
        ),
        .executableTarget(
            name: "MemscopeDemo",
            dependencies: ["MemscopeServer", "MemscopeCore"],
            swiftSettings: swiftRules
        ),
        .testTarget(
            name: "TrackingTests",
            dependencies: ["Tracking", "CMemscope", "MemscopeCore"],
            swiftSettings: swiftRules
        ),
        .testTarget(
            name: "MemscopeAnalysisTests",
            dependencies: ["MemscopeAnalysis", "Tracking", "MemscopeCore"],
            swiftSettings: swiftRules
        ),
        .testTarget(
            name: "MemscopeRenderTests",
            dependencies: ["MemscopeRender", "MemscopeAnalysis", "Tracking", "MemscopeCore"],
            swiftSettings: swiftRules
        ),
        .testTarget(name: "MemscopeDemoTests", dependencies: ["MemscopeDemo"], swiftSettings: swiftRules),
        .testTarget(
            name: "MemscopeServerTests",
            dependencies: ["MemscopeServer", "MemscopeRender", "CZlib", "MemscopeCore"],
            swiftSettings: swiftRules
        ),
        .testTarget(
            name: "MemscopeTestingTests",
            dependencies: ["MemscopeTesting", "MemscopeCore"],
            swiftSettings: swiftRules
        ),
        // Tests/NoLeaks is also a package of its own, which is built optimized.
        .target(name: "NoLeaksModels", path: "Tests/NoLeaks/Models"),
        .testTarget(
            name: "NoLeaksTests",
            dependencies: ["MemscopeTesting", "MemscopeCore", "NoLeaksModels"],
            path: "Tests/NoLeaks/NoLeaksTests"
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)

// Which tests there are, by name: a build for the thread sanitizer needs a few, and not what only others need.
if let chosen = Context.environment["MEMSCOPE_TEST_TARGETS"]?.split(separator: ",").map(String.init) {
    package.targets.removeAll { $0.type == .test && !chosen.contains($0.name) }
}

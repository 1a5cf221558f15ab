// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who uses MemScope resolves or builds it.
let package = Package(
    name: "memscope-benchmarks",
    dependencies: [.package(name: "memscope-swift", path: "..")],
    targets: [
        .target(name: "Mix", swiftSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(name: "mix", dependencies: ["Mix"], path: "Sources/mix-main"),
        .executableTarget(
            name: "mix-linked",
            dependencies: ["Mix", .product(name: "MemscopeServer", package: "memscope-swift")]
        ),
        .executableTarget(
            name: "scopes",
            dependencies: [.product(name: "MemscopeServer", package: "memscope-swift")]
        ),
        .executableTarget(
            name: "variables",
            dependencies: [.product(name: "MemscopeServer", package: "memscope-swift")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

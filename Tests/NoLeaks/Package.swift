// swift-tools-version: 6.2

import PackageDescription

// Tests that leak, and tests that do not, as a user of MemscopeTesting has them: built apart, so that they can be
// optimized without all other tests being so.
let package = Package(
    name: "NoLeaks",
    dependencies: [.package(name: "memscope-swift", path: "../..")],
    targets: [
        .target(name: "NoLeaksModels", path: "Models"),
        .testTarget(
            name: "NoLeaksTests",
            dependencies: ["NoLeaksModels", .product(name: "MemscopeTesting", package: "memscope-swift")],
            path: "NoLeaksTests"
        ),
    ]
)

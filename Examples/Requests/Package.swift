// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Requests",
    dependencies: [
        .package(name: "memscope-swift", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.0.0"),
    ],
    targets: [
        .executableTarget(
            name: "Requests",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "MemscopeServer", package: "memscope-swift"),
            ]
        )
    ]
)

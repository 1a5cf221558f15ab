// swift-tools-version: 6.2

import CompilerPluginSupport
import PackageDescription

// A package of its own: only those who use the macro resolve and build swift-syntax.
let package = Package(
    name: "memscope-macros",
    products: [.library(name: "MemscopeMacros", targets: ["MemscopeMacros"])],
    dependencies: [
        .package(name: "memscope-swift", path: ".."),
        .package(url: "https://github.com/swiftlang/swift-syntax", "602.0.0"..<"604.0.0"),
    ],
    targets: [
        .macro(
            name: "MemscopeMacrosPlugin",
            dependencies: [
                .product(name: "SwiftSyntax", package: "swift-syntax"),
                .product(name: "SwiftSyntaxBuilder", package: "swift-syntax"),
                .product(name: "SwiftSyntaxMacros", package: "swift-syntax"),
                .product(name: "SwiftCompilerPlugin", package: "swift-syntax"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)]
        ),
        .target(
            name: "MemscopeMacros",
            dependencies: ["MemscopeMacrosPlugin", .product(name: "MemscopeServer", package: "memscope-swift")],
            swiftSettings: [.treatAllWarnings(as: .error)]
        ),
        .testTarget(
            name: "MemscopeMacrosTests",
            dependencies: ["MemscopeMacros"],
            swiftSettings: [.treatAllWarnings(as: .error)]
        ),
    ],
    swiftLanguageModes: [.v6]
)

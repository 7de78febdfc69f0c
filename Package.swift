// swift-tools-version: 6.1
import PackageDescription

// The floors of the house (docs/architecture.md): a target imports only targets on floors below its own.
// Nothing here reaches BoringSSL; docs/dependencies.md says what each package is for and what a clean build costs.

let package = Package(
  name: "switchyard",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "switchyard", targets: ["switchyard"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Floor 0
    .target(name: "JSONText"),
    .target(name: "ChatProtocols", dependencies: ["JSONText"]),
    .target(name: "RouterConfig", dependencies: [.product(name: "Yams", package: "Yams")]),
    .target(name: "Fleet"),
    .target(name: "HTTPWire"),
    .target(name: "CRegularExpressions", linkerSettings: [.linkedLibrary("re2")]),

    // Floor 1
    .target(name: "Reading", dependencies: ["CRegularExpressions", "RouterConfig"]),
    .target(name: "Routing", dependencies: ["JSONText", "ChatProtocols", "RouterConfig", "Fleet"]),
    .target(name: "Balancing", dependencies: ["Fleet"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

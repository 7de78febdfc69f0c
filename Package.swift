// swift-tools-version: 6.2
import PackageDescription

// The floors of the house (docs/architecture.md): a target imports only targets on floors below its own.
// docs/dependencies.md says what each package is for and what a clean build costs.

let package = Package(
  name: "switchyard",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "switchyard", targets: ["switchyard"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Floor 0
    .target(name: "Signals"),
    .target(name: "JSONText"),
    .target(name: "ChatProtocols", dependencies: ["JSONText"]),
    .target(name: "Digests"),
    .target(name: "RouterConfig", dependencies: ["Digests", .product(name: "Yams", package: "Yams")]),
    .target(name: "Reliability"),
    .target(name: "Fleet", dependencies: ["Reliability"]),
    .target(name: "HTTPWire"),
    .target(name: "EnvoyWire"),
    .target(name: "MessagePack"),
    .target(
      name: "CTextKernels",
      exclude: [
        "AMXKernels.inc", "Attention.inc", "Kernels.inc", "Linear.inc", "Rows.inc", "Vectors.inc", "VNNIKernels.inc",
      ]),
    .target(name: "TextEncoder", dependencies: ["CTextKernels", "Digests", "JSONText"]),
    .target(name: "CVectorKernels", exclude: ["VectorKernels.inc"]),
    .target(name: "VectorIndex", dependencies: ["CVectorKernels"]),
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .target(name: "CRegularExpressions", linkerSettings: [.linkedLibrary("re2")]),
    .target(
      name: "CReadingModels",
      exclude: [
        "domain_head.bin", "domain_linear.bin", "guard_head.bin", "guard_linear.bin", "language.bin", "name_head.bin",
        "names.bin",
      ]),
    // The random source of tests and fuzzers.
    .target(name: "Seeded", path: "Tests/Support/Seeded"),

    // Floor 1
    .target(
      name: "Reading",
      dependencies: [
        "CRegularExpressions", "CReadingModels", "ChatProtocols", "RouterConfig", "Signals", "TextEncoder",
        "VectorIndex",
      ]),
    .target(name: "Routing", dependencies: ["JSONText", "ChatProtocols", "RouterConfig", "Fleet", "Signals"]),
    .target(name: "Balancing", dependencies: ["Fleet", "Reliability"]),
    .target(name: "Users"),
    .target(name: "FleetSimulator", dependencies: ["Balancing", "Fleet", "JSONText"]),

    // Floor 2
    .target(
      name: "Pipeline",
      dependencies: [
        "Balancing", "ChatProtocols", "Fleet", "JSONText", "Reading", "Reliability", "RouterConfig", "Routing",
        "Signals",
      ]),
    .target(name: "Telemetry"),
    .target(name: "ZeroMQ", dependencies: ["CZeroMQ"]),
    .target(name: "UserStore", dependencies: ["CSQLite", "Users"]),
    .target(
      name: "EngineClient",
      dependencies: [
        "Balancing", "Fleet", "JSONText", "MessagePack", "ZeroMQ", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    .target(
      name: "ModelStore",
      dependencies: [
        "CArchive", "Digests", "EngineClient", "TextEncoder", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),

    .target(
      name: "Explanation",
      dependencies: [
        "Balancing", "ChatProtocols", "Fleet", "JSONText", "Pipeline", "Reading", "RouterConfig", "Routing", "Signals",
      ]),

    // Floor 3
    .target(
      name: "AdminAPI",
      dependencies: [
        "ChatProtocols", "Digests", "Explanation", "JSONText", "Pipeline", "Reading", "RouterConfig", "Routing",
        "Signals", "Users", "UserStore",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "Yams", package: "Yams"),
      ]),
    .target(
      name: "Gateway",
      dependencies: [
        "Balancing", "ChatProtocols", "EngineClient", "Fleet", "HTTPWire", "JSONText", "Pipeline", "Reading",
        "Reliability", "RouterConfig", "Routing", "Signals", "Telemetry", "Users",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOTLS", package: "swift-nio"),
      ]),
    .target(
      name: "ExtProc",
      dependencies: [
        "Balancing", "ChatProtocols", "EngineClient", "EnvoyWire", "Fleet", "Gateway", "HTTPWire", "JSONText",
        "Pipeline",
        "Reading", "Reliability", "Routing", "Telemetry", "Users",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ]),
    .target(
      name: "EngineSimulator",
      dependencies: [
        "Digests", "EngineClient", "MessagePack", "ZeroMQ", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Yams", package: "Yams"),
      ]),

    .target(
      name: "Discovery",
      dependencies: ["EngineClient", "Fleet", "RouterConfig", .product(name: "NIOCore", package: "swift-nio")]),

    // Floor 4
    .executableTarget(
      name: "switchyard",
      dependencies: [
        "AdminAPI", "Balancing", "ChatProtocols", "Discovery", "EngineClient", "EngineSimulator", "Explanation",
        "ExtProc",
        "FleetSimulator", "JSONText", "Fleet", "Gateway", "ModelStore", "Pipeline", "Reading", "Reliability",
        "RouterConfig", "Telemetry", "TextEncoder", "UserStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ]),

    // Benchmarks and fuzzers
    .executableTarget(name: "bench-json", dependencies: ["JSONText", "ChatProtocols"], path: "Benchmarks/core/json"),
    .executableTarget(
      name: "bench-decision",
      dependencies: ["Balancing", "ChatProtocols", "Pipeline", "Reading", "RouterConfig", "Routing", "Signals"],
      path: "Benchmarks/core/decision"),
    .executableTarget(name: "bench-linear", dependencies: ["Reading"], path: "Benchmarks/core/linear"),
    .executableTarget(
      name: "bench-encoder",
      dependencies: ["CTextKernels", "ChatProtocols", "Reading", "RouterConfig", "Signals", "TextEncoder"],
      path: "Benchmarks/reading/encoder"),
    .executableTarget(
      name: "bench-vectors", dependencies: ["CVectorKernels", "Seeded", "VectorIndex"],
      path: "Benchmarks/reading/vectors",
      exclude: ["hnswlib.cpp", "run.sh"]),
    .executableTarget(
      name: "personal-data-report", dependencies: ["Reading", "TextEncoder"], path: "Benchmarks/reading/personal-data"),
    .executableTarget(
      name: "domain-report", dependencies: ["Reading", "TextEncoder"], path: "Benchmarks/reading/domain"),
    .executableTarget(name: "bench-metrics", dependencies: ["EngineClient"], path: "Benchmarks/core/metrics"),
    .executableTarget(
      name: "bench-balancing", dependencies: ["Balancing", "Fleet", "FleetSimulator", "Seeded"],
      path: "Benchmarks/balancing", exclude: ["live.py", "traces"]),
    .target(name: "FuzzCommand", dependencies: ["Seeded"], path: "Fuzz/command"),
    .executableTarget(
      name: "tokenizer-fuzz", dependencies: ["FuzzCommand", "Seeded", "TextEncoder"], path: "Fuzz/tokenizer"),
    .executableTarget(name: "guard-fuzz", dependencies: ["FuzzCommand", "Reading", "Seeded"], path: "Fuzz/guard"),
    .executableTarget(
      name: "personal-data-fuzz", dependencies: ["FuzzCommand", "Reading", "Seeded"], path: "Fuzz/personal-data"),
    .executableTarget(
      name: "vector-fuzz", dependencies: ["FuzzCommand", "Seeded", "VectorIndex"], path: "Fuzz/vectors"),
    .executableTarget(
      name: "metrics-fuzz", dependencies: ["EngineClient", "Fleet", "FuzzCommand", "Seeded"], path: "Fuzz/metrics",
      exclude: ["corpus"]),
    .executableTarget(name: "selector-fuzz", dependencies: ["Fleet", "FuzzCommand", "Seeded"], path: "Fuzz/selectors"),
    .executableTarget(
      name: "events-fuzz", dependencies: ["EngineClient", "FuzzCommand", "MessagePack", "Seeded"], path: "Fuzz/events"),
    .executableTarget(
      name: "json-fuzz", dependencies: ["ChatProtocols", "FuzzCommand", "JSONText", "Seeded"], path: "Fuzz/json",
      exclude: ["corpus"]),

    // The machines of Reliability in virtual time, for the tests and for reliability-fuzz.
    .target(
      name: "ReliabilitySimulation", dependencies: ["Balancing", "Fleet", "Reliability", "Seeded"],
      path: "Tests/ReliabilityTests/Simulation"),
    .executableTarget(
      name: "reliability-fuzz", dependencies: ["FuzzCommand", "ReliabilitySimulation"], path: "Fuzz/reliability"),
    .target(name: "HTTP2Scripts", dependencies: ["FuzzCommand", "Seeded"], path: "Fuzz/http2"),
    .executableTarget(
      name: "gateway-fuzz",
      dependencies: [
        "Balancing", "EngineClient", "Fleet", "FuzzCommand", "Gateway", "HTTP2Scripts", "HTTPWire", "Pipeline",
        "Reading", "Reliability", "RouterConfig", "Seeded", "Telemetry",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Fuzz/gateway"),
    .executableTarget(
      name: "forms-fuzz", dependencies: ["ChatProtocols", "FuzzCommand", "JSONText", "Seeded"], path: "Fuzz/forms",
      exclude: ["corpus"]),

    .executableTarget(
      name: "http-fuzz",
      dependencies: [
        "FuzzCommand", "HTTPWire", "Seeded", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Fuzz/http"),

    .executableTarget(
      name: "extproc-fuzz",
      dependencies: [
        "Balancing", "EngineClient", "EnvoyWire", "ExtProc", "Fleet", "FuzzCommand", "Gateway", "HTTP2Scripts",
        "Pipeline", "Reading", "Reliability", "RouterConfig", "Seeded", "Telemetry",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
      ], path: "Fuzz/extproc"),

    // Tests
    .testTarget(name: "SignalsTests", dependencies: ["Signals"]),
    .testTarget(name: "UsersTests", dependencies: ["Users"]),
    .testTarget(name: "UserStoreTests", dependencies: ["UserStore", "Users"]),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "ChatProtocols", "Fleet", "Gateway", "HTTPWire", "RouterConfig", "Users",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ]),
    .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"]),
    .testTarget(name: "EnvoyWireTests", dependencies: ["EnvoyWire"]),
    .testTarget(
      name: "ExtProcTests",
      dependencies: [
        "Balancing", "ChatProtocols", "EngineClient", "EnvoyWire", "ExtProc", "Fleet", "Gateway", "HTTP2Scripts",
        "Pipeline", "Reading", "Reliability", "RouterConfig", "Telemetry", "TextEncoder", "Users",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ]),
    .testTarget(
      name: "ReliabilityTests", dependencies: ["Reliability", "ReliabilitySimulation", "Seeded"],
      exclude: ["Simulation"]),
    .testTarget(name: "FleetTests", dependencies: ["Fleet", "Reliability"]),
    .testTarget(name: "BalancingTests", dependencies: ["Balancing", "Fleet", "Reliability", "Seeded"]),
    .testTarget(
      name: "RoutingTests", dependencies: ["Fleet", "JSONText", "RouterConfig", "Routing", "Seeded", "Signals"]),
    .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"]),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Balancing", "ChatProtocols", "Fleet", "JSONText", "Pipeline", "Reading", "RouterConfig", "Routing", "Seeded",
        "Signals", "TextEncoder",
      ]),
    .testTarget(name: "JSONTextTests", dependencies: ["JSONText", "Seeded"]),
    .testTarget(name: "ChatProtocolsTests", dependencies: ["ChatProtocols", "JSONText", "Seeded"]),
    .testTarget(name: "RouterConfigTests", dependencies: ["RouterConfig"]),
    .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
    // The kernels with their special instructions played by plain C++, for machines that have not got them.
    .target(name: "CEmulatedKernels", dependencies: ["CTextKernels"], path: "Tests/Support/CEmulatedKernels"),
    .testTarget(
      name: "TextEncoderTests",
      dependencies: ["CEmulatedKernels", "CTextKernels", "Digests", "Seeded", "TextEncoder"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "VectorIndexTests", dependencies: ["CEmulatedVectorKernels", "CVectorKernels", "Seeded", "VectorIndex"]),
    .target(
      name: "CEmulatedVectorKernels", dependencies: ["CVectorKernels"], path: "Tests/Support/CEmulatedVectorKernels"),
    .testTarget(name: "ModelStoreTests", dependencies: ["Digests", "ModelStore", "TextEncoder"]),
    .testTarget(name: "MessagePackTests", dependencies: ["MessagePack"]),
    .testTarget(name: "DiscoveryTests", dependencies: ["Discovery", "EngineClient", "Fleet", "RouterConfig"]),
    .testTarget(name: "FleetSimulatorTests", dependencies: ["Balancing", "Fleet", "FleetSimulator", "Seeded"]),
    .testTarget(
      name: "EngineClientTests",
      dependencies: [
        "Balancing", "EngineClient", "Fleet", "MessagePack", "ZeroMQ", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ]),
    .testTarget(
      name: "ReadingTests",
      dependencies: ["ChatProtocols", "Reading", "RouterConfig", "Seeded", "Signals", "TextEncoder"]),
    .testTarget(
      name: "ExplanationTests",
      dependencies: [
        "Balancing", "ChatProtocols", "Explanation", "Fleet", "JSONText", "Pipeline", "Reading", "RouterConfig",
        "Routing",
      ]),
    .testTarget(
      name: "AdminAPITests",
      dependencies: [
        "AdminAPI", "Balancing", "Fleet", "Pipeline", "Reading", "RouterConfig", "TextEncoder", "UserStore",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    .testTarget(
      name: "EngineSimulatorTests",
      dependencies: [
        "EngineClient", "EngineSimulator", "MessagePack", "ZeroMQ", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

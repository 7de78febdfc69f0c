import ArgumentParser
import Discovery
import EngineClient
import Fleet
import Foundation
import Gateway
import NIOCore
import NIOPosix
import Pipeline
import Reading
import RouterConfig
import Telemetry

/// `switchyard serve`: the gateway.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the gateway, or Envoy's external processing.",
    discussion: """
      Examples:
        switchyard serve -c deploy/samples/aibrix.yaml
        switchyard serve --engine http://localhost:8000 --engine http://localhost:8001
        switchyard serve --endpoints endpoints.yaml
        switchyard serve -c deploy/samples/aibrix.yaml --ext-proc :50051 --decide both
      SIGHUP reads the configuration again, all but listeners, the management API's address and global.gateway. The endpoints
      file is also read whenever it changes. SIGTERM finishes what runs and stops.
      """)

  @Option(name: [.short, .customLong("config")], help: "The configuration, or a Helm values file with config:.")
  var config: String?
  @Option(help: "An engine, as http://HOST:PORT; may be given several times. Models are learnt from it.")
  var engine: [String] = []
  @Option(
    help: ArgumentHelp(
      "A file of engines by model, as AIBrix's standalone mode reads it; they join the configuration's.",
      valueName: "file"))
  var endpoints: String?
  @Option(help: "Listen here instead of at the configuration's listeners: HOST:PORT. Port 0 lets the kernel choose.")
  var listen: [String] = []
  @Option(help: "Serve the management API here: HOST:PORT (default: as configured, else 127.0.0.1:8081).")
  var management: String?
  @Option(help: "Event loops; the number of cores at most makes sense.") var loops: Int = 1
  @Option(
    help: ArgumentHelp(
      "The release of AIBrix's gateway in whose fields answers tell the replica: 0.4 or latest (default: as configured, "
        + "else 0.4).", valueName: "release"))
  var compat: AIBrixCompatibility?
  @OptionGroup(title: "Behind Envoy") var behindEnvoy: ExtProcOptions
  @Flag(inversion: .prefixedNo, help: "Write one line a request to standard output.") var accessLog = true
  @Flag(
    help: """
      Add to each line what prompts share (a few hashes, at most 960 characters), so that switchyard replay knows it. Who has \
      the log and guesses a prompt's beginning can check the guess.
      """)
  var logPrefixes = false

  func validate() throws {
    let isFromFiles = config != nil || endpoints != nil
    guard isFromFiles == engine.isEmpty else {
      throw ValidationError(
        "Give files (-c FILE, --endpoints FILE or both) or engines (--engine http://HOST:PORT), one of the two.")
    }
    guard (1...256).contains(loops) else { throw ValidationError("--loops must be 1 to 256.") }
  }

  func run() async throws {
    let begin = ContinuousClock.now
    signal(SIGPIPE, SIG_IGN)
    let document = try await loadDocument()
    if let warning = DescriptorLimit.raise(forClients: document.global.gateway.maxConnections) { Server.warn(warning) }
    let endpointsFile = (endpoints ?? document.global.gateway.endpointsFile).map { EndpointsFile(path: $0) }
    let server = try Server(
      ServedConfiguration(base: document, endpoints: try await endpointsFile?.first()), endpointsFile: endpointsFile,
      loops: loops, writesAccessLog: accessLog, logsPrefixes: logPrefixes)
    let extProc = try behindEnvoy.listener()
    let places =
      try listen.isEmpty && extProc == nil
      ? document.listeners : listen.map { try Self.listener($0, option: "--listen") }
    let admin = try management.map { try Self.listener($0, option: "--management") }
    // Before anything says that it listens: a signal that comes right then must not be lost.
    let signals = ProcessSignals.stream([SIGTERM, SIGINT, SIGHUP])
    try await server.start(
      listeners: places.isEmpty && extProc == nil ? [Listener(name: "http", address: "0.0.0.0", port: 8080)] : places,
      areConfigured: listen.isEmpty && !places.isEmpty,
      management: admin
        ?? Listener(
          name: "management", address: document.global.managementAddress, port: document.global.managementPort),
      extProc: extProc, extProcSettings: behindEnvoy.settings)
    StandardError.write(await server.promptModels.summary)
    StandardError.write("ready in \(ContinuousClock.now - begin)")
    let reload = config.map { file in { @Sendable [compat] in try Self.document(file: file, compat: compat) } }
    await server.serve(until: signals, reload: reload)
  }

  private func loadDocument() async throws -> RouterDocument {
    if let config { return try Self.document(file: config, compat: compat) }
    guard !engine.isEmpty else { return Self.with(compat, RouterDocument()) }
    let made = try await DefaultConfigurationMaker.make(engines: engine, listener: nil)
    StandardError.write("no configuration given; from what the engines serve:")
    for line in made.decisions { StandardError.write("• \(line)") }
    StandardError.write(
      "write it down to edit it: switchyard config init \(engine.map { "--engine \($0)" }.joined(separator: " "))")
    return Self.with(compat, made.document)
  }

  private static func document(file: String, compat: AIBrixCompatibility?) throws -> RouterDocument {
    with(compat, try ConfigurationFile.load(file).document)
  }

  /// The document with what the command line says in its place.
  private static func with(_ compat: AIBrixCompatibility?, _ document: RouterDocument) -> RouterDocument {
    var document = document
    if let compat { document.global.gateway.compatibility = compat }
    return document
  }

  static func listener(_ text: String, option: String) throws -> Listener {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { throw ValidationError("\(option) \(text): give HOST:PORT") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return Listener(name: "http", address: host.isEmpty ? "0.0.0.0" : String(host), port: port)
  }
}

extension AIBrixCompatibility: ExpressibleByArgument {}

import ArgumentParser
import Balancing
import ChatProtocols
import Discovery
import Explanation
import Foundation
import JSONText
import Pipeline
import Reading
import RouterConfig

/// `switchyard explain`: a route without sending anything.
struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show where a prompt would go and why, without sending anything.",
    discussion: """
      Examples:
        switchyard explain -c deploy/samples/aibrix.yaml 'What is the derivative of f(x) = x^3?'
        switchyard explain -c deploy/samples/aibrix.yaml -f request.json
        switchyard explain -c deploy/samples/aibrix.yaml -H 'routing-strategy: session-affinity' 'Hello'
      """)

  @Option(name: [.short, .customLong("config")], help: "The configuration, or a Helm values file with config:.")
  var config: String
  @Option(
    help: ArgumentHelp("A file of engines by model, which join the configuration's, as for serve.", valueName: "file"))
  var endpoints: String?
  @Option(name: [.short, .long], help: "A request body in a file; - is standard input.") var file: String?
  @Option(help: "The model that the prompt asks for.") var model: String?
  @Option(name: [.customShort("H"), .long], help: "A field of the request's head, as NAME: VALUE. May be repeated.")
  var header: [String] = []
  @Flag(help: "Print JSON, in the shape of POST /api/v1/eval?trace=true.") var json = false
  @Argument(help: "The prompt, as one user message.") var prompt: String?

  func validate() throws {
    guard (prompt == nil) != (file == nil) else {
      throw ValidationError("Give a prompt, or a request with -f FILE; one of the two.")
    }
    for field in header where !field.contains(":") {
      throw ValidationError("A field of the head is NAME: VALUE, unlike '\(field)'.")
    }
  }

  func run() async throws {
    let loaded = try ConfigurationFile.load(config, showsWarnings: false)
    let served = ServedConfiguration(
      base: loaded.document, endpoints: try await endpoints.map { EndpointsFile(path: $0) }?.first())
    let snapshot: RoutingSnapshot
    let models = try PromptModels(loaded.document.global.embeddings)
    if models.hasHeadsOff { StandardError.write(models.summary) }
    defer { models.close() }
    let balancers = try BalancerDirectory(maximumBlocks: 64)
    do throws(SignalCompilationErrors) {
      snapshot = try RoutingSnapshot(
        document: served.document, fleet: StaticFleet.build(served.document).fleet,
        models: models.models, balancers: balancers, generation: 1)
    } catch {
      throw ConfigurationFile.report(error.problems.map { "\(loaded.problem(at: $0.path, $0.reason))" })
    }
    let body = try body(snapshot)
    let explanation = RouteExplanation.explain(
      body, endpoint: Self.endpoint(of: body), fields: header.map(Self.field), snapshot: snapshot,
      pipeline: RoutePipeline(cache: nil, clock: { DispatchTime.now().uptimeNanoseconds }),
      now: DispatchTime.now().uptimeNanoseconds)
    if json {
      print(String(decoding: explanation.evalJSON(includesTrace: true).bytes, as: UTF8.self))
    } else {
      let isTerminal = isatty(1) == 1
      let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init) ?? 100
      print(explanation.text(colour: isTerminal, width: columns), terminator: "")
    }
    if explanation.refusal != nil { throw ExitCode(1) }
  }

  private static func field(_ text: String) -> HeaderField {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return HeaderField(
      name: parts[0].lowercased(), value: parts.dropFirst().first?.trimmingCharacters(in: .whitespaces) ?? "")
  }

  /// What a body is for, by the member that only it has; chat when nothing tells.
  private static func endpoint(of body: [UInt8]) -> ModelEndpoint {
    guard let facts = try? RequestFacts.scan(body: body, endpoint: .embeddings) else { return .chatCompletions }
    if facts.member(.messages) != nil { return .chatCompletions }
    if facts.member(.prompt) != nil { return .completions }
    return facts.member(.input) != nil ? .embeddings : .chatCompletions
  }

  private func body(_ snapshot: RoutingSnapshot) throws -> [UInt8] {
    if let file {
      return file == "-"
        ? Array(FileHandle.standardInput.readDataToEndOfFile()) : try ConfigurationFile.bytes(file)
    }
    let name =
      model ?? (snapshot.directory.virtualNames.contains("MoM") ? "MoM" : snapshot.directory.virtualNames.first)
    return JSONFragment.object([
      "model": .string(name ?? "MoM"),
      "messages": .array([.object(["role": .string("user"), "content": .string(prompt ?? "")])]),
    ]).bytes
  }
}

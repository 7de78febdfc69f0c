import Balancing
import ChatProtocols
import Fleet
import Foundation
import Pipeline
import Reading
import RouterConfig
import Testing

/// The sample of the guide, its fleet, and requests against it.
enum PipelineFixture {
  static let model = "vllm-llama3-8b-instruct"

  /// The guide's sample.
  static func document() throws -> RouterDocument {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = "deploy/samples/aibrix.yaml"
    let bytes = [UInt8](try Data(contentsOf: root.appendingPathComponent(file)))
    return try ConfigurationLoader(environment: [:]).load(bytes, file: file).document
  }

  /// The sample with the classifier inside the binary, made once.
  static let guide = Result { try snapshot(try document()) }

  static func snapshot(
    _ document: RouterDocument, classifier: (any TextClassifier)? = nil, generation: UInt64 = 1
  ) throws -> RoutingSnapshot {
    try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet,
      models: ReadingModels(domain: try classifier ?? LinearDomainClassifier.bundled()),
      balancers: BalancerDirectory(maximumBlocks: 1_000), generation: generation)
  }

  /// The sample, a little different.
  static func snapshot(
    classifier: (any TextClassifier)? = nil, generation: UInt64 = 1, _ change: (inout RouterDocument) -> Void
  ) throws -> RoutingSnapshot {
    var document = try document()
    change(&document)
    return try snapshot(document, classifier: classifier, generation: generation)
  }

  /// A pipeline whose clock does not move.
  static func pipeline(cache: ReadingCache? = nil) -> RoutePipeline { RoutePipeline(cache: cache) { 0 } }

  /// The guide's kind of request: one user message.
  static func request(_ content: String, model: String = "MoM", more: String = "") -> String {
    #"{"model":"\#(model)","messages":[{"role":"user","content":"\#(content)"}]\#(more)}"#
  }

  /// Plans a request, by the guide's sample unless said otherwise.
  ///
  /// - Returns: the plan and the body as the first replica gets it.
  static func plan(
    _ body: String, endpoint: ModelEndpoint = .chatCompletions, snapshot: RoutingSnapshot? = nil,
    pipeline: RoutePipeline = pipeline(), options: RoutePipeline.Options = .init()
  ) throws -> (plan: RoutePlan, body: String) {
    let snapshot = try snapshot ?? guide.get()
    return try Array(body.utf8).withUnsafeBytes { bytes in
      let plan = try pipeline.plan(body: bytes, endpoint: endpoint, snapshot: snapshot, options: options)
      let placement = try #require(snapshot.fleet.model(named: plan.model)?.placements.first)
      let edited = plan.splices(for: placement, on: bytes).apply(to: bytes)
      return (plan, String(decoding: edited, as: UTF8.self))
    }
  }
}

import ChatProtocols
import Fleet
import JSONText
import Pipeline

/// What the gateway answers without an engine.
package struct LocalAnswer {
  package var status = 200
  package var contentType: StaticString = "application/json"
  package var body: [UInt8]

  package static func make(
    _ endpoint: LocalEndpoint, snapshot: RoutingSnapshot, context: GatewayContext, isDraining: Bool
  ) -> LocalAnswer {
    switch endpoint {
    case .health: return LocalAnswer(body: Array(#"{"status":"healthy"}"#.utf8))
    case .ready: return ready(snapshot, isDraining: isDraining)
    case .metrics:
      return LocalAnswer(
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        body: Array(context.metrics.registry.exposition().utf8))
    case .models:
      let entries = (snapshot.directory.virtualNames + snapshot.directory.modelNames).compactMap {
        entry($0, snapshot, context)
      }
      return LocalAnswer(
        body: JSONFragment.object(["object": .string("list"), "data": .array(entries)]).bytes)
    case .model(let name):
      let decoded = PercentEncoding.decode(name)
      guard let entry = entry(decoded, snapshot, context) else {
        let error = APIError.notFound("model \"\(decoded)\" is not available", param: "model", code: "model_not_found")
        return LocalAnswer(status: 404, body: error.body)
      }
      return LocalAnswer(body: entry.bytes)
    }
  }

  private static func entry(_ name: String, _ snapshot: RoutingSnapshot, _ context: GatewayContext) -> JSONFragment? {
    switch snapshot.directory.entry(for: name) {
    case nil: return nil
    case .virtual(let recipe):
      return .object([
        "id": .string(name), "object": .string("model"), "created": .integer(context.startedAt),
        "owned_by": .string("switchyard"),
        "description": .string("Routes each request to the model that suits it"),
        "routing": .object([
          "resolution": .string("virtual"), "selectable": .boolean(true),
          "default_route": .boolean(name == snapshot.directory.virtualNames.first),
          "recipe": .string(snapshot.router.recipes[recipe].name),
        ]),
      ])
    case .model(let base, let adapter):
      return .object([
        "id": .string(name), "object": .string("model"), "created": .integer(context.startedAt),
        "owned_by": .string("switchyard"), "root": .string(base),
        "parent": adapter == nil ? .null : .string(base),
        "routing": .object([
          "resolution": .string("passthrough"), "selectable": .boolean(true), "default_route": .boolean(false),
          "recipe": .null,
        ]),
      ])
    }
  }

  /// Ready when at least one replica may be chosen.
  private static func ready(_ snapshot: RoutingSnapshot, isDraining: Bool) -> LocalAnswer {
    let replicas = snapshot.fleet.replicas
    let usable = snapshot.fleet.usableReplicas
    let isReady = usable > 0 && !isDraining
    let body = JSONFragment.object([
      "status": .string(isDraining ? "draining" : isReady ? "ready" : "no replica is ready"),
      "ready": .boolean(isReady), "replicas_ready": .integer(usable), "replicas": .integer(replicas.count),
    ])
    return LocalAnswer(status: isReady ? 200 : 503, body: body.bytes)
  }
}

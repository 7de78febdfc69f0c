import Explanation

/// Health, readiness, metrics and the list of endpoints.
enum StatusRoutes {
  static let routes = [
    AdminRoute(
      method: "GET", path: "/health", summary: "Whether the process lives", place: .eventLoop,
      respond: { _, _ in .json(.object([("status", .string("healthy")), ("service", .string(service))])) }),
    AdminRoute(
      method: "GET", path: "/ready", summary: "Whether any model has a replica that may be chosen: 200, else 503",
      place: .eventLoop, respond: { _, context in ready(context.readiness()) }),
    AdminRoute(
      method: "GET", path: "/startup-status", summary: "How far the start has come", place: .eventLoop,
      respond: { _, context in startupStatus(context.readiness()) }),
    AdminRoute(
      method: "GET", path: "/metrics", summary: "Metrics in Prometheus' text format", place: .ownThread,
      respond: { _, context in
        AdminResponse(contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(context.metrics().utf8))
      }),
    AdminRoute(
      method: "GET", path: "/api/v1", summary: "This list", place: .ownThread, respond: { _, _ in .json(discovery) }),
  ]

  static let service = "classification-api"

  private static func ready(_ readiness: AdminReadiness) -> AdminResponse {
    .json(
      .object(
        [("status", .string(status(of: readiness))), ("service", .string(service))]
          + progress(readiness)),
      status: readiness.isReady ? 200 : 503)
  }

  /// Not ready and past the start, it is what its phase says.
  private static func status(of readiness: AdminReadiness) -> String {
    if readiness.isReady { return "ready" }
    return ["no_replica", "draining"].contains(readiness.phase) ? readiness.phase : "starting"
  }

  private static func startupStatus(_ readiness: AdminReadiness) -> AdminResponse {
    .json(.object(progress(readiness) + [("updated_at", .string(Timestamp.text(readiness.updatedAt)))]))
  }

  private static func progress(_ readiness: AdminReadiness) -> [(key: String, value: JSONNode)] {
    [
      ("ready", .boolean(readiness.isReady)),
      ("phase", .string(readiness.phase)),
      ("message", .string(readiness.message)),
      // Models are part of the binary or read from disk; none is ever downloaded.
      ("downloading_model", .string("")),
      ("pending_models", .strings(readiness.pendingModels)),
      ("ready_models", .integer(readiness.readyModels)),
      ("total_models", .integer(readiness.totalModels)),
    ]
  }

  private static var discovery: JSONNode {
    .object([
      ("service", .string(service)),
      ("version", .string("v1")),
      (
        "endpoints",
        .array(
          AdminRouter.routes.map { route in
            .object([
              ("path", .string(route.path)), ("method", .string(route.method)), ("description", .string(route.summary)),
            ])
          })
      ),
    ])
  }
}

/// Finds the endpoint of a request. Immutable; safe from any thread.
struct AdminRouter: Sendable {
  static let routes: [AdminRoute] =
    StatusRoutes.routes + EvaluationRoutes.routes + GuardRoutes.routes + EmbeddingRoutes.routes
    + ConfigurationRoutes.routes + UserRoutes.routes

  /// - Returns: the endpoint; `HEAD` finds that of `GET`, whose body the server leaves out.
  /// - Throws: a 404, or a 405 for a path with other methods.
  static func route(for request: AdminRequest) throws(AdminError) -> AdminRoute {
    let method = request.method == "HEAD" ? "GET" : request.method
    let matching = routes.filter { $0.path == request.path }
    guard !matching.isEmpty else { throw .notFound(request.path) }
    guard let route = matching.first(where: { $0.method == method }) else {
      throw .methodNotAllowed(
        request.method, request.path, allowed: matching.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] })
    }
    return route
  }

  /// The answer to a request, refusals included.
  static func respond(to request: AdminRequest, with route: AdminRoute, in context: AdminContext) -> AdminResponse {
    do throws(AdminError) {
      return try route.respond(request, context)
    } catch {
      return error.response(now: context.wallClock())
    }
  }
}

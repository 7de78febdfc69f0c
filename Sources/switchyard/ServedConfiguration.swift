import Discovery
import RouterConfig

/// What is served: a document, and the engines of an endpoints file.
struct ServedConfiguration: Sendable {
  /// From a file, or made from what engines told.
  var base: RouterDocument
  /// nil when there is no such file.
  var endpoints: EndpointsDocument?

  /// Both together.
  var document: RouterDocument { endpoints.map(base.adding) ?? base }

  /// Adapters that only some engines of the file have, by base model, with those engines.
  var adapterHolders: [String: [String: Set<String>]] { endpoints?.adapterHolders ?? [:] }
}

extension EndpointsFile {
  /// Reads the file at the start.
  ///
  /// - Throws: when it cannot be used.
  func first() async throws -> EndpointsDocument {
    // Each time that it changes while it is read it is read again.
    for _ in 0..<20 {
      switch reload() {
      case .loaded(let document, let warnings):
        for warning in warnings { StandardError.write("\(warning)") }
        return document
      case .refused(let reason): throw CommandFailure(reason)
      case .unchanged: try await Task.sleep(for: .milliseconds(50))
      }
    }
    throw CommandFailure("\(path): the endpoints file changes whenever it is read; write it beside and rename it")
  }
}

import Fleet

extension Placement {
  /// What a request line to the replica names.
  ///
  /// - Parameter target: as ``Endpoint/target(path:query:)`` gives it. A path for chat completions of the backend's own
  ///   takes its place, query and all; else it follows the backend's prefix.
  package func target(of endpoint: Endpoint, _ target: String) -> String {
    if case .model(.chatCompletions) = endpoint, let chatPath { return chatPath }
    return pathPrefix.isEmpty ? target : pathPrefix + target
  }
}

import EngineClient
import NIOCore

/// Fetches a prompt's cache from the engine that read it: asks for it by name, again and again where that may come later.
enum CacheFetch {
  enum Outcome: Sendable, Equatable {
    /// The fingerprint of the prompt that it is of.
    case fetched(prompt: UInt64)
    /// There is no such cache, or nobody who keeps it.
    case missing(String)
  }

  private static let pause: Duration = .milliseconds(5)

  /// - Parameter limit: how long it may take to come; zero asks once.
  static func fetch(_ address: CacheAddress, within limit: Duration, on loop: any EventLoop) async -> Outcome {
    let client = EngineHTTPClient(group: loop)
    let end = ContinuousClock.now + limit
    while true {
      let reason: String
      do {
        let answer = try await client.get(
          host: address.host, port: address.port, path: "/sim/caches/\(address.name)")
        if answer.status == 200, let prompt = UInt64(String(buffer: answer.body)) { return .fetched(prompt: prompt) }
        reason = "the engine there has no such cache"
      } catch {
        reason = "the engine there cannot be asked: \(error)"
      }
      guard ContinuousClock.now < end, !Task.isCancelled else { return .missing(reason) }
      try? await Task.sleep(for: pause)
    }
  }
}

import TextEncoder

/// Turns prompts into vectors with a neural encoder: milliseconds a text, so never on an event loop.
///
/// May be used from any thread.
public protocol PromptEncoder: AnyObject, Sendable {
  /// For traces and metrics, such as `all-MiniLM-L6-v2`.
  var name: String { get }
  /// Numbers of a vector.
  var width: Int { get }

  /// Reads a text on the calling thread: for phrases of a configuration and for explanations.
  func readNow(_ text: [UInt8]) -> PromptEncoding

  /// Reads a text on a thread of the encoder's own.
  ///
  /// - Parameters:
  ///   - text: UTF-8; malformed bytes are tolerated.
  ///   - answer: called once, from any thread, at the deadline at the latest or soon after it.
  func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void)
}

import HTTPWire
import NIOCore
import RouterConfig

/// The answers' part of CORS (Fetch standard, "CORS protocol"): which scripts of other origins may ask and read.
enum CrossOrigin {
  /// Whether scripts of this origin may ask.
  static func allows(_ origin: String, _ policy: CORSPolicy) -> Bool {
    policy.allowsEveryOrigin || policy.allowedOrigins.contains(origin.lowercased())
  }

  /// The lines of every answer to a request with an `origin`.
  static func writeAnswerLines(_ policy: CORSPolicy, origin: String, to buffer: TextWriter) {
    if !policy.allowsEveryOrigin { buffer.writeStaticString("vary: origin\r\n") }
    guard allows(origin, policy) else { return }
    buffer.writeField("access-control-allow-origin", policy.allowsEveryOrigin ? "*" : origin)
    if policy.allowsCredentials { buffer.writeStaticString("access-control-allow-credentials: true\r\n") }
    let exposed = policy.exposedHeaders
    // With credentials browsers take a star for a name, so those are named that our answers have.
    let names =
      policy.allowsCredentials && exposed == ["*"]
      ? "request-id, x-request-id, x-vsr-selected-model, x-vsr-selected-decision, x-vsr-selected-category, "
        + "x-vsr-selected-reasoning, x-inference-pod, retry-after"
      : exposed.joined(separator: ", ")
    if !names.isEmpty { buffer.writeField("access-control-expose-headers", names) }
  }

  /// The further lines of the answer to a preflight.
  ///
  /// - Parameter asked: the headers that the script wants to send, as the browser lists them.
  static func writePreflightLines(_ policy: CORSPolicy, asked: String?, to buffer: TextWriter) {
    buffer.writeField("access-control-allow-methods", policy.allowedMethods.joined(separator: ", "))
    // A star does not cover `authorization`, and nothing with credentials, so what is asked for is named back.
    let allowed = policy.allowedHeaders == ["*"] ? asked ?? "" : policy.allowedHeaders.joined(separator: ", ")
    if !allowed.isEmpty { buffer.writeField("access-control-allow-headers", allowed) }
    buffer.writeField("access-control-max-age", String(policy.maxAge.components.seconds))
  }
}

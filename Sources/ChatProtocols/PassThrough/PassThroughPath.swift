/// The paths that the gateway does not route by what the prompt says, but hands to the replicas of the model that the
/// request names.
///
/// In a pattern `{id}` stands for one segment of unreserved characters (RFC 3986, section 2.3) other than `.` and `..`,
/// so that no path of an engine but those listed can be reached.
public struct PassThroughPath: Sendable {
  /// The path, or the pattern of the paths, at a client's side and at an engine's. Fit for a metric's label.
  public let pattern: StaticString
  public let methods: PassThroughMethods
  public let modelPlace: ModelPlace
  /// What the body's prompt looks like, where replicas are chosen by it.
  public let prompt: PassedPrompt.Form?
  /// It makes, reads or ends something that an engine keeps under a name, a file or a batch.
  public let isStateful: Bool
  /// The pattern has an `{id}`.
  private let hasSegment: Bool

  /// What the table says of a path and a method.
  public enum Match: Sendable {
    case passed(PassThroughPath)
    /// The path is in the table, with these methods.
    case methodNotAllowed(PassThroughMethods)
  }

  /// The table, in no order that matters: a path and a method are in at most one row.
  ///
  /// The model of a file or a batch is looked for in the query, since their bodies name none: a file is streamed without
  /// a look at its bytes.
  public static let all: [PassThroughPath] = [
    row("/v1/rerank", .post, .jsonBody),
    row("/rerank", .post, .jsonBody),
    row("/v2/rerank", .post, .jsonBody),
    row("/v1/score", .post, .jsonBody),
    row("/score", .post, .jsonBody),
    row("/v1/classify", .post, .jsonBody),
    row("/classify", .post, .jsonBody),
    row("/v1/pooling", .post, .jsonBody),
    row("/pooling", .post, .jsonBody),
    row("/v1/moderations", .post, .jsonBody),
    row("/tokenize", .post, .jsonBody),
    row("/detokenize", .post, .jsonBody),
    row("/v1/responses", .post, .jsonBody, prompt: .responses),
    row("/v1/messages", .post, .jsonBody, prompt: .messages),
    row("/v1/audio/transcriptions", .post, .form),
    row("/v1/audio/translations", .post, .form),
    row("/v1/audio/speech", .post, .jsonBody),
    row("/v1/images/generations", .post, .jsonBody),
    row("/v1/images/edits", .post, .form),
    row("/v1/images/variations", .post, .form),
    row("/v1/video/generations", .post, .jsonBody),
    row("/v1/files", [.get, .head, .post], .query, isStateful: true),
    row("/v1/files/{id}", [.get, .head, .delete], .query, isStateful: true),
    row("/v1/files/{id}/content", [.get, .head], .query, isStateful: true),
    row("/v1/batches", .post, .jsonBody, isStateful: true),
    row("/v1/batches", [.get, .head], .query, isStateful: true),
    row("/v1/batches/{id}", [.get, .head], .query, isStateful: true),
    row("/v1/batches/{id}/cancel", .post, .query, isStateful: true),
  ]

  private static func row(
    _ pattern: StaticString, _ methods: PassThroughMethods, _ modelPlace: ModelPlace,
    prompt: PassedPrompt.Form? = nil, isStateful: Bool = false
  ) -> PassThroughPath {
    let bytes = UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount)
    return PassThroughPath(
      pattern: pattern, methods: methods, modelPlace: modelPlace, prompt: prompt, isStateful: isStateful,
      hasSegment: bytes.contains(UInt8(ascii: "{")))
  }

  /// Looks a path up. Allocates nothing; linear in the table, most rows are told apart by their length.
  ///
  /// - Parameters:
  ///   - path: the request's path, without query and trailing slash; compared as it is.
  ///   - method: the request's method, as it was sent.
  /// - Returns: nil if the path is not passed through.
  public static func match(path: UnsafeRawBufferPointer, method: UnsafeRawBufferPointer) -> Match? {
    let wanted = PassThroughMethods(named: method)
    var allowed: PassThroughMethods = []
    for row in all where row.matches(path) {
      if let wanted, row.methods.contains(wanted) { return .passed(row) }
      allowed.formUnion(row.methods)
    }
    return allowed.isEmpty ? nil : .methodNotAllowed(allowed)
  }

  private func matches(_ path: UnsafeRawBufferPointer) -> Bool {
    let pattern = UnsafeRawBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount)
    if !hasSegment { return path.count == pattern.count && path.elementsEqual(pattern) }
    var index = 0
    var place = 0
    while place < pattern.count {
      if pattern[place] == UInt8(ascii: "{") {
        let start = index
        while index < path.count, Self.isUnreserved(path[index]) { index += 1 }
        let segment = path[start..<index]
        guard segment.contains(where: { $0 != UInt8(ascii: ".") }) || segment.count > 2 else { return false }
        place += 4
      } else {
        guard index < path.count, path[index] == pattern[place] else { return false }
        index += 1
        place += 1
      }
    }
    return index == path.count
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}

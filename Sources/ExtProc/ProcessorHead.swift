import EnvoyWire
import Gateway
import HTTPWire
import Reliability

/// What is needed of a client's request head, as Envoy hands it over. A class, since its dozen strings are handed from
/// function to function: a copy of them counts a reference each.
final class ProcessorHead {
  var method = ""
  /// Without the query.
  var path = ""
  /// The query with its question mark; empty for none.
  var query = ""
  var target: String { query.isEmpty ? path : path + query }
  var contentLength: Int?
  var contentType = ""
  /// The client's own, where it is usable.
  var requestID: [UInt8]?
  var selectedModel: String?
  /// The field `model`, which AIBrix's routes match.
  var model: String?
  /// `routing-strategy`, and the other fields by which AIBrix's clients say what replica they want.
  var strategy: String?
  var profile: String?
  var filter: String?
  var sessionID: String?
  var sessionKey: String?
  var user: String?
  var priority: RequestPriority = .normal
  var wantsDebugHeaders = false
  var skipsProcessing = false
  /// Fields that say where the request is to go, and those for the router alone: they do not pass.
  var unwanted: [String] = []
  /// One of them, but those for the router, chooses a replica.
  var namesReplica = false
  var isEndOfStream = false
  /// All fields that a request of the router's own may carry on, with their names in lower case; kept only where the fleet has
  /// pairs.
  var fields: [(String, String)] = []

  /// Reads the head.
  ///
  /// - Throws: where the message is malformed.
  init(
    _ request: ProcessingRequest, in bytes: UnsafeRawBufferPointer, scope: ProcessorScope
  ) throws(ProtobufError) {
    isEndOfStream = request.isEndOfStream
    let priorityHeader = scope.context.settings.priorityHeader
    let destinationHeader = scope.settings.destinationHeader
    let removesControls = scope.settings.role != .replica
    let keepsFields = scope.hasPairs
    try request.forEachHeader(in: bytes) { name, value in
      if keepsFields { keep(name, value) }
      take(
        name, value, priorityHeader: priorityHeader, destinationHeader: destinationHeader,
        removesControls: removesControls)
    }
  }

  /// Fields that are of one hop, that frame the body, or that are set anew.
  private static let hopFields: Set = [
    "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
    "content-length", "accept-encoding", "x-request-id", "proxy-authorization", "proxy-authenticate",
  ]

  private func keep(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    let name = Self.text(name).lowercased()
    guard !name.hasPrefix(":"), !Self.hopFields.contains(name) else { return }
    fields.append((name, Self.text(value)))
  }

  private func take(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, priorityHeader: String, destinationHeader: String,
    removesControls: Bool
  ) {
    func isNamed(_ other: StaticString) -> Bool { Self.isSame(name, other) }
    func isNamed(_ other: String) -> Bool { name.count == other.utf8.count && name.elementsEqual(other.utf8) }
    var text: String { String(decoding: value, as: UTF8.self) }
    switch FieldName.recognise(name) {
    case .contentLength: contentLength = Int(text)
    case .contentType: contentType = text
    case .requestID: if (1...128).contains(value.count) { requestID = Array(value) }
    case .selectedModel: selectedModel = text
    case .vsrDebug:
      wantsDebugHeaders = text.lowercased() == "true"
      if removesControls { unwanted.append("x-vsr-debug") }
    case .vsrSkipProcessing:
      skipsProcessing = text.lowercased() == "true"
      if removesControls { unwanted.append("x-vsr-skip-processing") }
    case .xVSR, .userKey: if removesControls { unwanted.append(Self.text(name)) }
    case .other:
      if isNamed(":method") {
        method = text
      } else if isNamed(":path") {
        let target = RequestTarget(value)
        path = target.path
        query = target.query
      } else if isNamed("target-pod") || isNamed(destinationHeader) {
        unwanted.append(Self.text(name))
        namesReplica = true
      } else if isNamed("model") {
        model = text
      } else if isNamed("routing-strategy") {
        strategy = text
      } else if isNamed("config-profile") {
        profile = text
      } else if isNamed("external-filter") {
        filter = text
      } else if isNamed("x-session-id") {
        sessionID = text
      } else if isNamed("x-aibrix-session-key") {
        sessionKey = text
      } else if isNamed("user") {
        // The first, as in the gateway.
        user = user ?? text
      } else if isNamed(priorityHeader) {
        priority = RequestPriority(fieldValue: text)
      }
    default: break
    }
  }

  /// The fields of ``ReplicaWish``.
  func wishField(_ name: StaticString) -> String? {
    let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return if Self.isSame(name, "routing-strategy") {
      strategy
    } else if Self.isSame(name, "config-profile") {
      profile
    } else if Self.isSame(name, "external-filter") {
      filter
    } else if Self.isSame(name, "x-session-id") {
      sessionID
    } else if Self.isSame(name, "x-aibrix-session-key") {
      sessionKey
    } else if Self.isSame(name, "user") {
      user
    } else {
      nil
    }
  }

  private static func isSame(_ name: UnsafeRawBufferPointer, _ other: StaticString) -> Bool {
    name.count == other.utf8CodeUnitCount
      && name.elementsEqual(UnsafeRawBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
}

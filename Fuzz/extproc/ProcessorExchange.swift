import EnvoyWire
import Seeded

/// The messages that Envoy sends of one HTTP exchange, with what it waits for.
struct ProcessorExchange {
  struct Message {
    /// The number of its field: 2 request headers … 7 response trailers.
    var part: Int
    var bytes: [UInt8]
    /// Of a body message.
    var body: [UInt8] = []
    /// Nothing but trailers follows of its direction, and Envoy says so.
    var isLast = false
  }

  let requestMode: BodyMode
  let responseMode: BodyMode
  /// Body pieces come before the head has its reply.
  let sendsBodyWithoutWaiting: Bool
  /// Replies are not read.
  let isObservation: Bool
  /// The messages come as Envoy sends them.
  let isInOrder: Bool
  private(set) var messages: [Message] = []

  private static let paths = [
    "/v1/chat/completions", "/v1/chat/completions/?a=1", "/v1/embeddings", "/v1/rerank", "/v1/files?model=alpha",
    "/v1/files", "/v1/audio/transcriptions", "/v1/models", "/health", "/v1/nothing", "",
  ]
  private static let bodies = [
    #"{"model":"alpha","messages":[{"role":"user","content":"hi"}],"input":"a"}"#, #"{"model":"MoM","messages":[]}"#,
    #"{"model":"MoM","messages":[{"role":"user","content":"hi"}]}"#,
    #"{"model":"alpha-math","messages":[{"role":"user","content":"hi"}],"input":"a"}"#,
    #"{"model":"nobody","messages":[]}"#, "{", "",
    #"{"model":"alpha","messages":[{"role":"user","content":"hi"}],"input":"\#(String(repeating: "x", count: 700))"}"#,
    String(repeating: " ", count: 1_100),
  ]
  private static let answers = [
    #"{"usage":{"prompt_tokens":3,"completion_tokens":9}}"#,
    "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n", "",
    String(repeating: "y", count: 2_000),
  ]

  init(_ generator: inout SeededGenerator) {
    func isTrue(_ odds: Int) -> Bool { Int.random(in: 0..<odds, using: &generator) == 0 }
    func mode() -> BodyMode { BodyMode(rawValue: Int.random(in: 0...5, using: &generator)) ?? .none }
    requestMode = mode()
    responseMode = mode()
    sendsBodyWithoutWaiting = isTrue(3)
    isObservation = isTrue(20)
    isInOrder = !isTrue(5)

    func pick(_ texts: [String]) -> String { texts[Int.random(in: 0..<texts.count, using: &generator)] }
    let body = Array(pick(Self.bodies).utf8)
    var fields = [(":path", pick(Self.paths)), (":method", pick(["POST", "POST", "POST", "GET", "OPTIONS"]))]
    let more = [
      ("content-length", "\(body.count)"), ("content-length", "99999"), ("x-selected-model", "alpha"),
      ("model", "nobody"), ("routing-strategy", pick(["random", "best"])), ("target-pod", "1.2.3.4:5"),
      ("authorization", "Bearer x"), ("content-type", "multipart/form-data; boundary=b"), ("x-request-priority", "low"),
    ]
    for field in more where isTrue(4) { fields.append(field) }
    let endsWithHead = isTrue(6)
    let hasRequestTrailers = !endsWithHead && isTrue(4)
    append(head: fields, part: 2, isLast: endsWithHead)
    if !endsWithHead {
      append(body: body, part: 4, requestMode, endsStream: !hasRequestTrailers, &generator)
      if hasRequestTrailers { appendTrailers(part: 6) }
    }

    let answer = Array(pick(Self.answers).utf8)
    let endsWithAnswerHead = isTrue(8)
    let hasTrailers = !endsWithAnswerHead && isTrue(4)
    append(
      head: [
        (":status", pick(["200", "404", "500", "503", "ok"])),
        ("content-type", pick(["application/json", "text/event-stream"])), ("x-vsr-a", "b"),
      ], part: 3, isLast: endsWithAnswerHead)
    if !endsWithAnswerHead {
      append(body: answer, part: 5, responseMode, endsStream: !hasTrailers, &generator)
      if hasTrailers { appendTrailers(part: 7) }
    }
    if isTrue(3) { messages.removeLast(Int.random(in: 0..<messages.count, using: &generator)) }
    if !isInOrder { messages.shuffle(using: &generator) }
  }

  private static func message(_ content: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    content(&writer)
    return writer.bytes
  }

  private mutating func append(head fields: [(String, String)], part: Int, isLast: Bool) {
    let bytes = Self.message { writer in
      if part == 2 {
        writer.message(11) { configuration in
          configuration.varint(1, requestMode.rawValue)
          configuration.varint(2, responseMode.rawValue)
          configuration.varint(3, sendsBodyWithoutWaiting ? 1 : 0)
        }
      }
      if isObservation { writer.varint(10, 1) }
      writer.message(part) { headers in
        headers.message(1) { map in
          for (name, value) in fields {
            map.message(1) { header in
              header.string(1, name)
              header.string(3, value)
            }
          }
        }
        headers.varint(3, isLast ? 1 : 0)
      }
    }
    messages.append(Message(part: part, bytes: bytes, isLast: isLast))
  }

  private mutating func appendTrailers(part: Int) {
    let bytes = Self.message { writer in
      if isObservation { writer.varint(10, 1) }
      writer.message(part) { _ in }
    }
    messages.append(Message(part: part, bytes: bytes))
  }

  /// The body in the pieces that the mode gives.
  private mutating func append(
    body: [UInt8], part: Int, _ mode: BodyMode, endsStream: Bool, _ generator: inout SeededGenerator
  ) {
    var pieces = [body]
    switch mode {
    case .none: return
    case .buffered: break
    case .bufferedPartial, .streamed, .fullDuplexStreamed, .grpc:
      let cut = Int.random(in: 0...body.count, using: &generator)
      let second = Int.random(in: cut...body.count, using: &generator)
      if Bool.random(using: &generator) {
        pieces = [Array(body[..<cut]), Array(body[cut..<second]), Array(body[second...])]
      }
    }
    for (index, piece) in pieces.enumerated() {
      let isLast = endsStream && index + 1 == pieces.count
      let bytes = Self.message { writer in
        if isObservation { writer.varint(10, 1) }
        writer.message(part) { body in
          body.bytes(1, piece)
          body.varint(2, isLast ? 1 : 0)
        }
      }
      messages.append(Message(part: part, bytes: bytes, body: piece, isLast: isLast))
    }
  }
}

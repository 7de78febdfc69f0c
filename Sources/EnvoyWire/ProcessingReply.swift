/// Messages to Envoy: `envoy.service.ext_proc.v3.ProcessingResponse`, each framed for gRPC and appended to bytes.
///
/// Field numbers are those of Envoy's API (`external_processor.proto`): 1 request_headers, 2 response_headers,
/// 3 request_body, 4 response_body, 5 request_trailers, 6 response_trailers, 7 immediate_response, 9 mode_override; of
/// CommonResponse 1 status, 2 header_mutation, 3 body_mutation, 5 clear_route_cache; of BodyMutation 1 body, 2 clear_body,
/// 3 streamed_response (1 body, 2 end_of_stream); of ImmediateResponse 1 status (1 code), 2 headers, 3 body, 5 details;
/// of ProcessingMode 1 request_header_mode, 2 response_header_mode, 3 request_body_mode, 4 response_body_mode,
/// 5 request_trailer_mode, 6 response_trailer_mode.
public enum ProcessingReply {
  /// What becomes of a body, or of a piece of one.
  public enum BodyChange: Sendable, Equatable {
    /// It stays.
    case none
    /// It is replaced.
    case replace([UInt8])
    /// It goes.
    case clear
    /// The next piece of a body in full duplex mode.
    case piece([UInt8], isLast: Bool)
  }

  /// What Envoy is asked to send from here on, instead of what its configuration says; heeded where `allow_mode_override`
  /// is on.
  public struct Modes: Sendable, Equatable {
    public var requestBody: BodyMode
    public var responseBody: BodyMode
    public var wantsResponseHeaders: Bool

    public init(requestBody: BodyMode, responseBody: BodyMode, wantsResponseHeaders: Bool = true) {
      self.requestBody = requestBody
      self.responseBody = responseBody
      self.wantsResponseHeaders = wantsResponseHeaders
    }
  }

  /// The reply to headers or to a body's bytes.
  ///
  /// - Parameters:
  ///   - part: what it is a reply to; trailers have a reply of their own.
  ///   - clearsRouteCache: Envoy is to choose the route anew, because a field that routes has changed.
  ///   - endsMessage: in a reply to headers: the body is the whole one, also where there was none, and Envoy asks nothing
  ///     more about the message (CONTINUE_AND_REPLACE).
  public static func append(
    to output: inout [UInt8], _ part: ProcessingRequest.Part, headers: HeaderChanges = HeaderChanges(),
    body: BodyChange = .none, clearsRouteCache: Bool = false, modes: Modes? = nil, endsMessage: Bool = false
  ) {
    let size = headers.size + body.size
    frame(&output, expecting: size + 32) { writer in
      writer.message(number(part), expecting: size + 16) { reply in
        // HeadersResponse and BodyResponse have one field alike: 1 response.
        reply.message(1, expecting: size + 8) { common in
          if endsMessage { common.varint(1, 1) }
          if !headers.isEmpty { common.message(2, expecting: headers.size) { headers.write(to: &$0) } }
          if body != .none { common.message(3, expecting: body.size) { body.write(to: &$0) } }
          if clearsRouteCache { common.varint(5, 1) }
        }
      }
      if let modes { writer.message(9) { modes.write(to: &$0) } }
    }
  }

  /// The reply to trailers, which stay.
  public static func appendTrailers(to output: inout [UInt8], _ part: ProcessingRequest.Part) {
    frame(&output, expecting: 2) { $0.message(number(part)) { _ in } }
  }

  /// An answer to the client in the engine's place; the exchange is over.
  ///
  /// - Parameters:
  ///   - status: of HTTP, 200 to 599.
  ///   - details: for Envoy's access log, a word.
  public static func appendImmediate(
    to output: inout [UInt8], status: Int, headers: HeaderChanges, body: [UInt8], details: String
  ) {
    let size = headers.size + body.count + details.utf8.count
    frame(&output, expecting: size + 32) { writer in
      writer.message(7, expecting: size + 16) { immediate in
        immediate.message(1) { $0.varint(1, status) }
        if !headers.isEmpty { immediate.message(2, expecting: headers.size) { headers.write(to: &$0) } }
        immediate.bytes(3, body)
        immediate.string(5, details)
      }
    }
  }

  /// A frame's head, whose length is written when it is known.
  private static let emptyHead = [UInt8](repeating: 0, count: GRPCFrames.headBytes)

  private static func frame(_ output: inout [UInt8], expecting size: Int, _ content: (inout ProtobufWriter) -> Void) {
    let start = output.count
    var writer = ProtobufWriter(appendingTo: output)
    output = []
    writer.reserve(emptyHead.count + size)
    writer.raw(emptyHead)
    content(&writer)
    writer.replace(at: start + 1, with: UInt32(writer.bytes.count - start - GRPCFrames.headBytes))
    output = writer.bytes
  }

  private static func number(_ part: ProcessingRequest.Part) -> Int {
    switch part {
    case .requestHeaders: 1
    case .responseHeaders: 2
    case .requestBody: 3
    case .responseBody: 4
    case .requestTrailers: 5
    case .responseTrailers: 6
    }
  }
}

extension ProcessingReply.BodyChange {
  var size: Int {
    switch self {
    case .none: 0
    case .clear: 2
    case .replace(let bytes): bytes.count + 6
    case .piece(let bytes, _): bytes.count + 14
    }
  }

  func write(to writer: inout ProtobufWriter) {
    switch self {
    case .none: break
    case .clear: writer.varint(2, 1)
    case .replace(let bytes): writer.bytes(1, bytes)
    case .piece(let bytes, let isLast):
      writer.message(3, expecting: bytes.count + 8) { piece in
        piece.bytes(1, bytes)
        if isLast { piece.varint(2, 1) }
      }
    }
  }
}

extension ProcessingReply.Modes {
  func write(to writer: inout ProtobufWriter) {
    // HeaderSendMode: 1 SEND, 2 SKIP. Full duplex bodies are valid only with trailers sent.
    writer.varint(2, wantsResponseHeaders ? 1 : 2)
    writer.varint(3, requestBody.rawValue)
    writer.varint(4, responseBody.rawValue)
    writer.varint(5, requestBody == .fullDuplexStreamed ? 1 : 2)
    writer.varint(6, responseBody == .fullDuplexStreamed ? 1 : 2)
  }
}

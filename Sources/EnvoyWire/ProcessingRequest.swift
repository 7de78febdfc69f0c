/// One message from Envoy: `envoy.service.ext_proc.v3.ProcessingRequest`, what of it is needed.
///
/// Field numbers are those of Envoy's API (`envoy/service/ext_proc/v3/external_processor.proto`): 2 request_headers,
/// 3 response_headers, 4 request_body, 5 response_body, 6 request_trailers, 7 response_trailers, 10 observability_mode,
/// 11 protocol_config; of HttpHeaders 1 headers and 3 end_of_stream; of HttpBody 1 body and 2 end_of_stream; of
/// HeaderMap 1 headers; of HeaderValue (`config/core/v3/base.proto`) 1 key, 2 value, 3 raw_value. Attributes, metadata
/// and what Envoy adds later are read past.
///
/// Holds ranges, not bytes: whoever keeps it keeps the message too.
public struct ProcessingRequest: Sendable, Equatable {
  /// Which part of the HTTP exchange the message is about.
  public enum Part: Int, Sendable {
    case requestHeaders = 2
    case responseHeaders = 3
    case requestBody = 4
    case responseBody = 5
    case requestTrailers = 6
    case responseTrailers = 7
  }

  /// How bodies will come, as Envoy says in its first message.
  public struct ProtocolConfiguration: Sendable, Equatable {
    public var requestBody: BodyMode
    public var responseBody: BodyMode
    /// Body pieces come though the headers have no reply yet.
    public var sendsBodyWithoutWaiting: Bool

    public init(requestBody: BodyMode, responseBody: BodyMode, sendsBodyWithoutWaiting: Bool = false) {
      self.requestBody = requestBody
      self.responseBody = responseBody
      self.sendsBodyWithoutWaiting = sendsBodyWithoutWaiting
    }
  }

  /// nil for a part that is not known here.
  public var part: Part?
  /// The HeaderMap of a headers message; empty for others.
  public var headers: Range<Int> = 0..<0
  /// The bytes of a body message; empty for others.
  public var body: Range<Int> = 0..<0
  /// Nothing of this direction follows but trailers.
  public var isEndOfStream = false
  /// Envoy only lets the processor look on: replies are not read.
  public var isObservation = false
  public var configuration: ProtocolConfiguration?

  /// Reads a message. Linear in its fields, not in its body.
  ///
  /// - Throws: where it is not in protobuf's wire format or a known field has a wrong wire type.
  public static func read(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) -> ProcessingRequest {
    var request = ProcessingRequest()
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      if let part = Part(rawValue: field.number) {
        // The parts are one oneof: the last one counts.
        request.part = part
        request.headers = 0..<0
        request.body = 0..<0
        request.isEndOfStream = false
        let range = try field.range()
        switch part {
        case .requestHeaders, .responseHeaders: try request.readHeaders(bytes, range)
        case .requestBody, .responseBody: try request.readBody(bytes, range)
        case .requestTrailers, .responseTrailers: break
        }
      } else if field.number == 10 {
        request.isObservation = try field.boolean()
      } else if field.number == 11 {
        request.configuration = try readConfiguration(bytes, try field.range())
      }
    }
    return request
  }

  private mutating func readHeaders(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, range: range)
    while let field = try reader.next() {
      switch field.number {
      case 1: headers = try field.range()
      case 3: isEndOfStream = try field.boolean()
      default: break
      }
    }
  }

  private mutating func readBody(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, range: range)
    while let field = try reader.next() {
      switch field.number {
      case 1: body = try field.range()
      case 2: isEndOfStream = try field.boolean()
      default: break
      }
    }
  }

  private static func readConfiguration(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(ProtobufError) -> ProtocolConfiguration {
    var configuration = ProtocolConfiguration(requestBody: .none, responseBody: .none)
    var reader = ProtobufReader(bytes, range: range)
    while let field = try reader.next() {
      switch field.number {
      case 1: configuration.requestBody = BodyMode(rawValue: try field.integer()) ?? .none
      case 2: configuration.responseBody = BodyMode(rawValue: try field.integer()) ?? .none
      case 3: configuration.sendsBodyWithoutWaiting = try field.boolean()
      default: break
      }
    }
    return configuration
  }

  /// Calls `body` with each header of a headers message, in their order. Envoy sends names in lower case and values in
  /// `raw_value`; `value` is taken where there is none.
  ///
  /// - Parameter bytes: the message that this was read from.
  /// - Throws: where a header is malformed.
  public func forEachHeader(
    in bytes: UnsafeRawBufferPointer,
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) throws(ProtobufError) {
    var map = ProtobufReader(bytes, range: headers)
    while let field = try map.next() {
      guard field.number == 1 else { continue }
      var name = 0..<0
      var value = 0..<0
      var rawValue: Range<Int>?
      var header = ProtobufReader(bytes, range: try field.range())
      while let field = try header.next() {
        switch field.number {
        case 1: name = try field.range()
        case 2: value = try field.range()
        case 3: rawValue = try field.range()
        default: break
        }
      }
      if let rawValue, value.isEmpty || !rawValue.isEmpty { value = rawValue }
      body(UnsafeRawBufferPointer(rebasing: bytes[name]), UnsafeRawBufferPointer(rebasing: bytes[value]))
    }
  }
}

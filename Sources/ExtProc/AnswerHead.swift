import EnvoyWire
import HTTPWire

/// What is needed of an engine's answer head, as Envoy hands it over.
struct AnswerHead {
  /// 100…999; 0 where the head has none.
  var status = 0
  var isEventStream = false
  /// nil where the head does not say.
  var contentLength: Int?
  /// The body is coded, as by gzip.
  var isCoded = false
  /// Fields in the router's own name space: an engine must not speak for the router.
  var routerFields: [String] = []

  /// Reads the head.
  ///
  /// - Throws: where the message is malformed.
  init(_ request: ProcessingRequest, in bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    var head = self
    try request.forEachHeader(in: bytes) { head.take($0, $1) }
    self = head
  }

  private mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    switch FieldName.recognise(name) {
    case .contentLength: contentLength = Int(String(decoding: value, as: UTF8.self))
    case .contentEncoding: isCoded = true
    case .contentType: isEventStream = EventStreamType.isNamed(by: value)
    case .xVSR, .vsrDebug, .vsrSkipProcessing: routerFields.append(String(decoding: name, as: UTF8.self))
    case .other:
      if name.elementsEqual(":status".utf8), let number = Int(String(decoding: value, as: UTF8.self)),
        (100...999).contains(number)
      {
        status = number
      }
    default: break
    }
  }
}

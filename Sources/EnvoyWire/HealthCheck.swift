/// The messages of `grpc.health.v1.Health`: a request has 1 service, a response 1 status.
public enum HealthCheck {
  /// `ServingStatus`.
  public enum Status: Int, Sendable {
    case serving = 1
    case notServing = 2
    /// Of a watched service that is not known.
    case serviceUnknown = 3
  }

  /// The service that is asked about; empty for the server as a whole.
  ///
  /// - Throws: where the bytes are no such message.
  public static func service(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) -> String {
    var reader = ProtobufReader(bytes)
    var name = ""
    while let field = try reader.next() {
      if field.number == 1 { name = String(decoding: bytes[try field.range()], as: UTF8.self) }
    }
    return name
  }

  /// A response, framed for gRPC.
  public static func response(_ status: Status) -> [UInt8] {
    var writer = ProtobufWriter(capacity: 8)
    writer.raw([0, 0, 0, 0, 2])
    writer.varint(1, status.rawValue)
    return writer.bytes
  }
}

/// Finds the model in the query of a request that has no body, or whose body names none: `?model=NAME`.
public enum ModelQuery {
  /// The value of the first parameter `model` of a query, decoded as forms are (`%41`, `+` for a space; bytes that are
  /// not UTF-8 become U+FFFD; a percent sign that no two digits follow stands for itself). Linear; allocates nothing but
  /// the value.
  ///
  /// - Parameter query: what stands behind the question mark of the request's target.
  /// - Returns: nil if there is none or it is empty.
  public static func model(in query: UnsafeRawBufferPointer) -> String? {
    var start = 0
    while start < query.count {
      let end = query[start...].firstIndex(of: UInt8(ascii: "&")) ?? query.count
      let parameter = query[start..<end]
      if parameter.starts(with: "model=".utf8) {
        let value = decoded(UnsafeRawBufferPointer(rebasing: parameter.dropFirst(6)))
        return value.isEmpty ? nil : value
      }
      start = end + 1
    }
    return nil
  }

  private static func decoded(_ value: UnsafeRawBufferPointer) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(value.count)
    var index = 0
    while index < value.count {
      var byte = value[index]
      if byte == UInt8(ascii: "%"), index + 2 < value.count, let high = digit(value[index + 1]),
        let low = digit(value[index + 2])
      {
        byte = high << 4 | low
        index += 2
      } else if byte == UInt8(ascii: "+") {
        byte = 0x20
      }
      bytes.append(byte)
      index += 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}

import HTTPWire
import NIOCore

/// Copies the header lines of one message that another hop may see.
enum ForwardedFields {
  /// Appends every line whose field `isKept`, and none of a field that the connection header names. Neighbouring lines
  /// are copied at once.
  static func copy(
    _ head: MessageHead, from source: ByteBuffer, to target: TextWriter,
    where isKept: (MessageHead.Field, UnsafeRawBufferPointer) -> Bool
  ) {
    source.withUnsafeReadableBytes { bytes in
      let named = connectionOptions(head, bytes)
      var start = -1
      var end = -1
      for field in head.fields {
        var keep = !field.name.isHopByHop && isKept(field, bytes)
        if keep, field.name != .contentLength, let named, named.contains(lowercased(bytes, field.nameRange)) {
          keep = false
        }
        if keep {
          if start < 0 { start = Int(field.lineStart) }
          end = Int(field.lineEnd)
        } else if start >= 0 {
          target.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
          start = -1
        }
      }
      if start >= 0 { target.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) }
    }
  }

  /// Names that a `Connection` header declares hop-by-hop, beyond the usual `close` and `keep-alive`; nil for none.
  static func connectionOptions(_ head: MessageHead, _ bytes: UnsafeRawBufferPointer) -> Set<String>? {
    var options: Set<String>?
    for field in head.fields where field.name == .connection {
      let value = lowercased(bytes, field.valueRange)
      if value == "keep-alive" || value == "close" { continue }
      for part in value.split(separator: ",") {
        let option = part.drop { $0 == " " || $0 == "\t" }
        let name = String(option.prefix { $0 != " " && $0 != "\t" })
        guard name != "close", name != "keep-alive", !name.isEmpty else { continue }
        if options == nil { options = [] }
        options?.insert(name)
      }
    }
    return options
  }

  /// Whether a name begins with `access-control-`.
  static func isAccessControl(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let prefix: StaticString = "access-control-"
    guard range.count > prefix.utf8CodeUnitCount else { return false }
    for index in 0..<prefix.utf8CodeUnitCount
    where bytes[range.lowerBound + index] | 0x20 != prefix.utf8Start[index] | 0x20 { return false }
    return true
  }

  static func lowercased(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self).lowercased()
  }
}

import HTTPWire
import NIOCore

/// Copies the header lines of one message that another hop may see.
enum ForwardedFields {
  /// Appends every line whose field `isKept`, and none of a field that the connection header names. Neighbouring lines
  /// are copied at once.
  static func copy(
    _ head: MessageHead, from source: ByteBuffer, to target: inout ByteBuffer,
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

  /// Appends a line of our own. Values come from configurations and engines; a control character would end the line, so
  /// it becomes a space.
  static func write(_ name: StaticString, _ value: String, to buffer: inout ByteBuffer) {
    var value = value
    let nameCount = name.utf8CodeUnitCount
    value.withUTF8 { value in
      let count = nameCount + value.count + 4
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { line in
        guard let base = line.baseAddress else { return 0 }
        base.copyMemory(from: name.utf8Start, byteCount: nameCount)
        base.storeBytes(of: UInt16(littleEndian: 0x203A), toByteOffset: nameCount, as: UInt16.self)
        for index in 0..<value.count {
          let byte = value[index]
          line[nameCount + 2 + index] = byte < 0x20 || byte == 0x7F ? 0x20 : byte
        }
        base.storeBytes(of: UInt16(littleEndian: 0x0A0D), toByteOffset: count - 2, as: UInt16.self)
        return count
      }
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
        if name != "close", name != "keep-alive", !name.isEmpty { options = (options ?? []).union([name]) }
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

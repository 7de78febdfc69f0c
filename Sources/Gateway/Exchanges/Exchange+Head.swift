import HTTPWire
import NIOCore

/// Parts of the request's head, while it is held.
extension Exchange {
  func text(_ range: Range<Int>) -> String {
    headBytes.getString(at: headBytes.readerIndex + range.lowerBound, length: range.count) ?? ""
  }

  func isTrue(_ name: FieldName) -> Bool {
    guard let field = head.first(name) else { return false }
    return text(field.valueRange).lowercased() == "true"
  }

  /// The value of the first field of that name, which must be in lower case.
  func fieldValue(named name: String) -> String? {
    var name = name
    return name.withUTF8 { fieldValue(named: $0) }
  }

  /// The value of the first field of that name, which must be in lower case.
  func fieldValue(named name: StaticString) -> String? {
    fieldValue(named: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  private func fieldValue(named name: UnsafeBufferPointer<UInt8>) -> String? {
    let range = headBytes.withUnsafeReadableBytes { bytes in
      head.fields.first { field in
        Int(field.nameCount) == name.count
          && zip(bytes[field.nameRange], name).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
      }?.valueRange
    }
    return range.map { text($0) }
  }
}

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The text between a sample's braces: `model_name="llama",le="0.5"`. Read when somebody asks for a label.
struct LabelText {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The bytes of a label's value as they are written, escapes included; nil when there is no such label. O(length).
  func raw(_ key: StaticString) -> UnsafeRawBufferPointer? {
    var place = 0
    while let label = label(from: &place) {
      guard label.key.count == key.utf8CodeUnitCount, let start = label.key.baseAddress else { continue }
      if memcmp(start, key.utf8Start, label.key.count) == 0 { return label.value }
    }
    return nil
  }

  /// A label's value, escapes resolved (`\\`, `\"`, `\n`) and broken UTF-8 replaced.
  func text(_ key: StaticString) -> String? {
    guard let raw = raw(key) else { return nil }
    guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.count)
    var isEscaped = false
    for byte in raw {
      if isEscaped {
        bytes.append(byte == UInt8(ascii: "n") ? 0x0A : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A label's value as a number, such as a bucket's bound.
  func number(_ key: StaticString) -> Double? { raw(key).flatMap(DecimalText.value) }

  /// The label at `place`, which moves behind it; nil at the end and where the text is no list of labels.
  private func label(from place: inout Int) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
    while place < bytes.count, Self.separates(bytes[place]) { place += 1 }
    let keyStart = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "="), bytes[place] != 0x20 { place += 1 }
    let keyEnd = place
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    guard place < bytes.count, bytes[place] == UInt8(ascii: "=") else { return nil }
    place += 1
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return nil }
    place += 1
    let valueStart = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard place < bytes.count else { return nil }
    let value = UnsafeRawBufferPointer(rebasing: bytes[valueStart..<place])
    place += 1
    return (UnsafeRawBufferPointer(rebasing: bytes[keyStart..<keyEnd]), value)
  }

  private static func separates(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || byte == 0x20 || byte == 0x09 }
}

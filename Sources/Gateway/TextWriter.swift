import JSONText

/// Memory in which a head or a line of a log is put together: many small pieces, each little more than a copy.
///
/// A `ByteBuffer` looks at its bounds, its ownership and its capacity anew for each piece. Kept and used again by its loop;
/// used from one thread, for one text at a time. Its memory grows to the longest text, which the limits of heads bound.
package final class TextWriter {
  private var memory: UnsafeMutableRawBufferPointer
  package private(set) var count = 0

  /// - Parameter capacity: bytes that are set aside at once.
  package init(capacity: Int) {
    memory = .allocate(byteCount: max(64, capacity), alignment: 16)
  }

  deinit { memory.deallocate() }

  /// Forgets the text.
  package func clear() { count = 0 }

  /// The text; valid until the next piece is written.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  /// Makes room for so many bytes more and counts them as written; returns where they go.
  @inline(__always)
  private func room(_ more: Int) -> UnsafeMutableRawPointer {
    if memory.count - count < more { grow(more) }
    defer { count += more }
    return memory.baseAddress.unsafelyUnwrapped + count
  }

  @inline(never)
  private func grow(_ more: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(2 * memory.count, count + more), alignment: 16)
    larger.copyMemory(from: bytes)
    memory.deallocate()
    memory = larger
  }

  package func writeStaticString(_ text: StaticString) {
    let count = text.utf8CodeUnitCount
    room(count).copyMemory(from: text.utf8Start, byteCount: count)
  }

  package func writeBytes(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    room(bytes.count).copyMemory(from: start, byteCount: bytes.count)
  }

  package func writeBytes(_ bytes: [UInt8]) { bytes.withUnsafeBytes { writeBytes($0) } }

  package func writeString(_ text: String) {
    text.lendUTF8 { writeBytes($0) }
  }

  /// A whole number in decimal digits.
  package func writeDecimal(_ value: Int) {
    var rest = value.magnitude
    if value < 0 { writeStaticString("-") }
    var digits = 1
    var power: UInt = 10
    while rest >= power, digits < 20 {
      digits += 1
      power = digits < 20 ? power &* 10 : .max
    }
    let start = room(digits)
    for place in stride(from: digits - 1, through: 0, by: -1) {
      let digit = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      start.storeBytes(of: digit, toByteOffset: place, as: UInt8.self)
      rest /= 10
    }
  }

  /// A header line. Values come from configurations and engines; a control character would end the line, so it becomes a
  /// space.
  package func writeField(_ name: StaticString, _ value: String) {
    writeStaticString(name)
    writeStaticString(": ")
    value.lendUTF8 { value in
      let start = room(value.count)
      for (index, byte) in value.enumerated() {
        start.storeBytes(of: byte < 0x20 || byte == 0x7F ? 0x20 : byte, toByteOffset: index, as: UInt8.self)
      }
    }
    writeStaticString("\r\n")
  }

  package func write(_ id: RequestID) { id.write(to: room(RequestID.length)) }
}

@_spi(_Unicode) import Swift  // canonical composition (`_nfc`)

/// A piece of a text after normalisation, with the bytes of the original that each of its bytes is from.
struct NormalizedText: Sendable {
  var bytes: [UInt8] = []
  var starts: [UInt32] = []
  var ends: [UInt32] = []

  init() {}

  /// A range of the text as it is; malformed bytes become U+FFFD.
  init(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) {
    bytes.reserveCapacity(range.count)
    var index = range.lowerBound
    let part = UnsafeRawBufferPointer(rebasing: text[..<range.upperBound])
    while index < range.upperBound {
      let scalar = UTF8Scalar(part, at: index)
      let end = index + scalar.length
      if scalar.value == 0xFFFD, scalar.length == 1 {
        append([0xEF, 0xBF, 0xBD], index, end)
      } else {
        for at in index..<end {
          bytes.append(text[at])
          starts.append(UInt32(truncatingIfNeeded: index))
          ends.append(UInt32(truncatingIfNeeded: end))
        }
      }
      index = end
    }
  }

  mutating func append(_ utf8: some Sequence<UInt8>, _ start: Int, _ end: Int) {
    for byte in utf8 {
      bytes.append(byte)
      starts.append(UInt32(truncatingIfNeeded: start))
      ends.append(UInt32(truncatingIfNeeded: end))
    }
  }

  /// Replaces each occurrence of `pattern` from the left.
  mutating func replace(_ pattern: [UInt8], with content: [UInt8]) {
    guard !pattern.isEmpty, bytes.count >= pattern.count else { return }
    var result = NormalizedText()
    result.bytes.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == pattern[0], index + pattern.count <= bytes.count,
        bytes[index..<index + pattern.count].elementsEqual(pattern)
      {
        result.append(content, Int(starts[index]), Int(ends[index + pattern.count - 1]))
        index += pattern.count
      } else {
        result.bytes.append(bytes[index])
        result.starts.append(starts[index])
        result.ends.append(ends[index])
        index += 1
      }
    }
    self = result
  }

  /// Puts a text before the first byte, unless there is none.
  mutating func prepend(_ content: [UInt8]) {
    guard let start = starts.first else { return }
    bytes.insert(contentsOf: content, at: 0)
    starts.insert(contentsOf: content.map { _ in start }, at: 0)
    ends.insert(contentsOf: content.map { _ in start }, at: 0)
  }

  /// Composes canonically (NFC). Runs between characters that start anew (ASCII, or a starter behind which nothing
  /// composes across) are composed one by one, so that places stay known.
  mutating func compose() {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return }
    var result = NormalizedText()
    result.bytes.reserveCapacity(bytes.count)
    bytes.withUnsafeBytes { raw in
      var index = 0
      while index < raw.count {
        // A run: up to the next ASCII character that another ASCII character or the end follows.
        var end = index + 1
        if raw[index] < 0x80, end == raw.count || raw[end] < 0x80 {
          result.bytes.append(raw[index])
          result.starts.append(starts[index])
          result.ends.append(ends[index])
          index = end
          continue
        }
        while end < raw.count, raw[end] >= 0x80 { end += 1 }
        let run = String(decoding: raw[index..<end], as: UTF8.self)
        // Grapheme by grapheme: composition never crosses their borders.
        var at = index
        for character in run {
          let length = character.utf8.count
          let composed = String(character)._nfc.reduce(into: [UInt8]()) { $0 += Array(String($1).utf8) }
          if composed.elementsEqual(raw[at..<at + length]) {
            for place in at..<at + length {
              result.bytes.append(raw[place])
              result.starts.append(starts[place])
              result.ends.append(ends[place])
            }
          } else {
            result.append(composed, Int(starts[at]), Int(ends[at + length - 1]))
          }
          at += length
        }
        index = end
      }
    }
    self = result
  }
}

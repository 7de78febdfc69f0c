#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Walks through a metrics page sample by sample, over its bytes: Prometheus' text format 0.0.4, and OpenMetrics 1.0 as
/// far as samples go.
///
/// It takes what engines really print: comments, CRLF, blanks before names and around values, escapes in labels,
/// `+Inf`, `NaN`, exponents, time stamps, exemplars, a last line without an end. A line that is no sample is passed over
/// and counted. `# EOF` ends the page. Nothing is allocated; a name that nobody wants costs no more than finding its line.
///
/// The bytes must outlive the reader, and every slice that it gives; ``EngineScrape/init(_:dialect:)`` sees to that.
struct ExpositionReader {
  /// Bytes of a page that are read at most.
  static let pageLimit = 8 << 20
  /// A longer line is passed over.
  static let lineLimit = 64 << 10
  /// Lines of a page that are read at most.
  static let countLimit = 500_000

  private let base: UnsafePointer<UInt8>?
  private let end: Int
  /// Where the next line begins.
  private var next = 0
  private var lineEnd = 0
  private var nameEnd = 0
  private var lines = 0

  /// Whether the line that ``advance()`` found begins with the same name as the one that it found before.
  private(set) var repeatsName = false
  /// The name of the sample that ``advance()`` found.
  private(set) var name = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Lines that are neither samples nor comments, and too long ones.
  private(set) var skippedLines = 0
  /// Whether the page was longer than the limits, so that its end was not read.
  private(set) var isTruncated = false

  init(_ bytes: UnsafeRawBufferPointer) {
    base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    end = min(bytes.count, Self.pageLimit)
    isTruncated = bytes.count > Self.pageLimit
  }

  /// Goes to the next line that begins with a name; false at the end of the page.
  mutating func advance() -> Bool {
    guard let base else { return false }
    while next < end {
      var start = next
      let found = memchr(base + start, 0x0A, end - start)
      lineEnd = found.map { UnsafeRawPointer(base).distance(to: $0) } ?? end
      next = lineEnd + 1
      lines += 1
      guard lines <= Self.countLimit else {
        isTruncated = true
        next = end
        return false
      }
      if lineEnd > start, base[lineEnd - 1] == 0x0D { lineEnd -= 1 }
      while start < lineEnd, Self.isBlank(base[start]) { start += 1 }
      guard start < lineEnd else { continue }
      if base[start] == UInt8(ascii: "#") {
        if isEndMark(from: start) { next = end }
        continue
      }
      guard lineEnd - start <= Self.lineLimit else {
        skippedLines += 1
        continue
      }
      if let last = name.baseAddress, lineEnd - start > name.count, Self.endsName(base[start + name.count]),
        memcmp(base + start, last, name.count) == 0
      {
        repeatsName = true
        nameEnd = start + name.count
        return true
      }
      repeatsName = false
      var place = start
      while place < lineEnd, Self.isNameByte(base[place]) { place += 1 }
      guard place > start, place < lineEnd, Self.endsName(base[place]) else {
        skippedLines += 1
        continue
      }
      nameEnd = place
      name = UnsafeRawBufferPointer(start: base + start, count: place - start)
      return true
    }
    return false
  }

  /// The rest of the line that ``advance()`` found; nil, and counted, when it is no sample.
  mutating func sample() -> (labels: LabelText, value: Double)? {
    guard let base else { return nil }
    var place = nameEnd
    while place < lineEnd, Self.isBlank(base[place]) { place += 1 }
    var labels = LabelText(UnsafeRawBufferPointer(start: nil, count: 0))
    if place < lineEnd, base[place] == UInt8(ascii: "{") {
      guard let close = closingBrace(from: place + 1) else {
        skippedLines += 1
        return nil
      }
      labels = LabelText(UnsafeRawBufferPointer(start: base + place + 1, count: close - place - 1))
      place = close + 1
      while place < lineEnd, Self.isBlank(base[place]) { place += 1 }
    }
    let start = place
    while place < lineEnd, !Self.isBlank(base[place]) { place += 1 }
    guard let value = DecimalText.value(UnsafeRawBufferPointer(start: base + start, count: place - start)) else {
      skippedLines += 1
      return nil
    }
    return (labels, value)
  }

  private func closingBrace(from start: Int) -> Int? {
    guard let base else { return nil }
    var place = start
    var isQuoted = false
    while place < lineEnd {
      switch base[place] {
      case UInt8(ascii: "\\") where isQuoted: place += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "}") where !isQuoted: return place
      default: break
      }
      place += 1
    }
    return nil
  }

  /// `# EOF`, with which OpenMetrics ends a page.
  private func isEndMark(from start: Int) -> Bool {
    guard let base, lineEnd - start == 5 else { return false }
    return memcmp(base + start, "# EOF", 5) == 0
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func endsName(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || isBlank(byte) }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}

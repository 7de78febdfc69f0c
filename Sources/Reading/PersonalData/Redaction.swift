/// A text with its personal data replaced, and the way back.
///
/// With numbered placeholders equal values of a type get the same one, in the order of their first place, so that a model can
/// still tell people apart; what it answers is turned back by ``restored(_:)``. The originals are held in memory by whoever
/// holds this value; they are in no description of it.
public struct Redaction: Sendable, CustomStringConvertible {
  /// What stands in the place of a value.
  public enum Placeholder: Sendable {
    /// `[PERSON]`: nothing leads back.
    case type
    /// `<PERSON_1>`.
    case numbered
  }

  /// The text with placeholders.
  public let text: [UInt8]
  /// How many spans were replaced.
  public let replacements: Int
  /// Placeholder → what it stands for; empty for ``Placeholder/type``.
  private let originals: [[UInt8]: [UInt8]]

  /// Replaces spans of a text.
  ///
  /// - Parameter spans: in any order. One that overlaps an earlier one is cut to what is left of it; what lies outside the text
  ///   is left out.
  public init(_ text: UnsafeRawBufferPointer, spans: [PersonalDataSpan], placeholder: Placeholder) {
    var redacted: [UInt8] = []
    redacted.reserveCapacity(text.count)
    var originals: [[UInt8]: [UInt8]] = [:]
    var known: [PersonalDataType: [[UInt8]: [UInt8]]] = [:]
    var numbers: [PersonalDataType: Int] = [:]
    let taken = placeholder == .numbered ? Self.placeholders(in: text) : []
    var end = 0
    var replacements = 0
    for span in spans.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      let lower = max(span.range.lowerBound, end)
      let upper = min(span.range.upperBound, text.count)
      guard lower < upper else { continue }
      let range = lower..<upper
      redacted += text[end..<range.lowerBound]
      let value = [UInt8](text[range])
      switch placeholder {
      case .type: redacted += Array("[\(span.type.rawValue)]".utf8)
      case .numbered:
        if let earlier = known[span.type]?[value] {
          redacted += earlier
        } else {
          var number = numbers[span.type, default: 0]
          var name: [UInt8]
          repeat {
            number += 1
            name = Array("<\(span.type.rawValue)_\(number)>".utf8)
          } while taken.contains(name)
          numbers[span.type] = number
          known[span.type, default: [:]][value] = name
          originals[name] = value
          redacted += name
        }
      }
      replacements += 1
      end = range.upperBound
    }
    redacted += text[end...]
    self.text = redacted
    self.replacements = replacements
    self.originals = originals
  }

  /// A text in which this redaction's placeholders are what they stand for again; others are left as they are. One pass: what
  /// is put in is not read again.
  public func restored(_ answer: UnsafeRawBufferPointer) -> [UInt8] {
    var restored: [UInt8] = []
    restored.reserveCapacity(answer.count)
    var end = 0
    Self.forEachPlaceholder(in: answer) { range in
      guard let original = originals[[UInt8](answer[range])] else { return }
      restored += answer[end..<range.lowerBound]
      restored += original
      end = range.upperBound
    }
    restored += answer[end...]
    return restored
  }

  /// Says how many values were replaced and none of them.
  public var description: String { "a redaction of \(replacements) values" }

  private static func placeholders(in text: UnsafeRawBufferPointer) -> Set<[UInt8]> {
    var found: Set<[UInt8]> = []
    forEachPlaceholder(in: text) { found.insert([UInt8](text[$0])) }
    return found
  }

  /// Calls `body` with the place of each `<CAPITALS_DIGITS>` of at most 40 bytes.
  private static func forEachPlaceholder(in bytes: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
    let text = TextBytes(bytes)
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "<") else {
        index += 1
        continue
      }
      var end = index + 1
      while end - index < 40, TextBytes.isUpper(text[end]) || text[end] == UInt8(ascii: "_") { end += 1 }
      let digits = end
      while end - index < 40, text.isDigit(end) { end += 1 }
      if end > digits, text[digits - 1] == UInt8(ascii: "_"), text[end] == UInt8(ascii: ">") {
        body(index..<end + 1)
        index = end + 1
      } else {
        index += 1
      }
    }
  }
}

import Foundation
import JSONText

/// Foundation's verdict on documents, and the differences to it that are meant.
enum Oracle {
  static func parse(_ document: [UInt8]) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(document), options: .fragmentsAllowed)
  }

  /// Why a document that the scanner accepts may be refused by Foundation: it nests deeper than 500 levels, or it is
  /// accepted once its numbers are small and its lone surrogates are letters.
  static func mayRefuse(_ document: [UInt8]) -> Bool {
    (try? JSONText.validate(document, depthLimit: 500)) == nil || parse(withoutExtremes(document)) != nil
  }

  /// Why a document that the scanner refuses may be accepted by Foundation: it begins with a byte order mark or a byte
  /// 0 among the first four (another encoding), or it is accepted once commas before closing brackets and braces are
  /// gone.
  static func mayAccept(_ document: [UInt8]) -> Bool {
    if document.prefix(4).contains(0) || document.starts(with: [0xEF, 0xBB, 0xBF]) { return true }
    if document.starts(with: [0xFF, 0xFE]) || document.starts(with: [0xFE, 0xFF]) { return true }
    return (try? JSONText.validate(withoutTrailingCommas(document))) != nil
  }

  /// Whether Foundation may drop characters of the document's strings: it takes U+FEFF at the start of a string, or
  /// behind an escape, for a byte order mark.
  static func drops(_ document: [UInt8]) -> Bool { document.contains(0xEF) && document.contains([0xEF, 0xBB, 0xBF]) }

  /// The valid document with each number outside of strings 0 and each escape of a lone surrogate an escape of a
  /// letter.
  private static func withoutExtremes(_ document: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var isInString = false
    var index = 0
    while index < document.count {
      let byte = document[index]
      if isInString, byte == UInt8(ascii: "\\") {
        let unit = codeUnit(document, at: index)
        if let unit, unit & 0xFC00 == 0xD800, let low = codeUnit(document, at: index + 6), low & 0xFC00 == 0xDC00 {
          result += document[index..<index + 12]
          index += 12
        } else if let unit, unit & 0xF800 == 0xD800 {
          result += Array("\\u0041".utf8)
          index += 6
        } else {
          result += document[index..<index + 2]
          index += 2
        }
        continue
      }
      if byte == UInt8(ascii: "\"") { isInString.toggle() }
      if !isInString, byte == UInt8(ascii: "-") || (byte >= 0x30 && byte <= 0x39) {
        result.append(UInt8(ascii: "0"))
        while index < document.count, "+-.0123456789eE".utf8.contains(document[index]) { index += 1 }
        continue
      }
      result.append(byte)
      index += 1
    }
    return result
  }

  /// The code unit of the `\u` escape at `index`, if there is one.
  private static func codeUnit(_ document: [UInt8], at index: Int) -> UInt16? {
    guard index + 6 <= document.count, document[index] == 0x5C, document[index + 1] == UInt8(ascii: "u") else {
      return nil
    }
    return UInt16(String(decoding: document[index + 2..<index + 6], as: UTF8.self), radix: 16)
  }

  private static func withoutTrailingCommas(_ document: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var isInString = false
    var index = 0
    while index < document.count {
      let byte = document[index]
      if isInString, byte == UInt8(ascii: "\\"), index + 1 < document.count {
        result += document[index..<index + 2]
        index += 2
        continue
      }
      if byte == UInt8(ascii: "\"") { isInString.toggle() }
      if !isInString, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        var end = result.count
        while end > 0, [0x20, 0x09, 0x0A, 0x0D].contains(result[end - 1]) { end -= 1 }
        if end > 1, result[end - 1] == UInt8(ascii: ",") { result.remove(at: end - 1) }
      }
      result.append(byte)
      index += 1
    }
    return result
  }
}

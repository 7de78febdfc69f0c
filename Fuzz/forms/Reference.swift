import ChatProtocols
import JSONText

/// The verdicts that the finders should give, from readers that have the whole body.
enum Reference {
  // MARK: JSON

  static func json(_ body: [UInt8]) -> ModelVerdict {
    body.withUnsafeBytes { bytes in
      do throws(JSONError) {
        return try json(bytes)
      } catch {
        return .invalid(offset: error.offset, reason: .body(.malformedJSON(error)))
      }
    }
  }

  private static func json(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> ModelVerdict {
    var cursor = JSONCursor(bytes)
    guard try cursor.kind() == .object else {
      return .invalid(offset: cursor.position, reason: .body(.notAnObject))
    }
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      guard JSONString.equals(member.key, "model", in: bytes), member.kind != .null else { continue }
      let start = cursor.position
      guard member.kind == .string else { return .invalid(offset: start, reason: .body(.modelNotAString)) }
      let value = try cursor.skipValue()
      guard value.unescapedLength > 0 else { return .invalid(offset: start, reason: .body(.emptyModel)) }
      guard value.unescapedLength <= 1024 else {
        return .invalid(offset: start, reason: .body(.modelTooLong(limit: 1024)))
      }
      return .found(value: String(decoding: JSONString.unescaped(value, in: bytes), as: UTF8.self), range: value.range)
    }
    return .absent
  }

  /// Whether the object has a name twice, up to canonical equivalence, which is how Foundation compares them.
  static func repeatsNames(_ body: [UInt8]) -> Bool {
    body.withUnsafeBytes { bytes in
      var cursor = JSONCursor(bytes)
      guard (try? cursor.kind()) == .object, (try? cursor.enterObject()) != nil else { return false }
      var names: Set<String> = []
      while let member = try? cursor.nextMember() {
        let name = String(decoding: JSONString.unescaped(member.key, in: bytes), as: UTF8.self)
        if !names.insert(name).inserted { return true }
      }
      return false
    }
  }

  // MARK: Forms

  /// The verdict on a form; that of a fault says nothing of its place and reason.
  static func form(_ body: [UInt8], boundary: [UInt8]) -> ModelVerdict {
    let invalid = ModelVerdict.invalid(offset: 0, reason: .form(.malformedDelimiter))
    let delimiter = Array("\r\n--".utf8) + boundary
    // With a line end before it the first delimiter is like the others.
    let text = Array("\r\n".utf8) + body
    guard var index = text.index(of: delimiter, from: 0) else { return invalid }
    while true {
      index += delimiter.count
      if text[index...].starts(with: "--".utf8) { return .absent }
      while index < text.count, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
      guard text[index...].starts(with: "\r\n".utf8) else { return invalid }
      let headersStart = index + 2
      // An empty line at once is a part without headers.
      guard let headersEnd = text.index(of: Array("\r\n\r\n".utf8), from: index), headersEnd >= headersStart,
        headersEnd + 4 - headersStart <= 8192, let isModel = isModel(Array(text[headersStart..<headersEnd]))
      else { return invalid }
      let contentStart = headersEnd + 4
      guard !text[(contentStart - 2)...].starts(with: delimiter),
        let contentEnd = text.index(of: delimiter, from: contentStart)
      else { return invalid }
      if isModel {
        let value = Array(text[contentStart..<contentEnd])
        guard let name = String(validating: value, as: UTF8.self), (1...256).contains(value.count) else {
          return invalid
        }
        return .found(value: name, range: contentStart - 2..<contentEnd - 2)
      }
      index = contentEnd
    }
  }

  /// Whether the headers are those of the model; nil if they are wrong.
  private static func isModel(_ headers: [UInt8]) -> Bool? {
    var disposition: [UInt8]?
    var isEncoded = false
    for line in headers.lines {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, !line.contains(0), !line.contains(0x0A),
        !line.contains(0x0D), line[..<colon].allSatisfy({ (0x21...0x7E).contains($0) })
      else { return nil }
      let value = Array(line[(colon + 1)...])
      switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
      case "content-disposition":
        guard disposition == nil else { return nil }
        disposition = value
        guard parameters(of: value) != nil else { return nil }
      case "content-transfer-encoding":
        let word = value.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)[0].trimmed
        isEncoded = !["7bit", "8bit", "binary"].contains(String(decoding: word, as: UTF8.self).lowercased())
      default: break
      }
    }
    guard let disposition, let parameters = parameters(of: disposition) else { return nil }
    let isFile = parameters.contains { $0.name == "filename" || $0.name == "filename*" }
    let names = parameters.filter { $0.name == "name" }
    guard names.count == 1, !parameters.contains(where: { $0.name == "name*" }) else { return nil }
    let isModel = names[0].value == Array("model".utf8) && !isFile
    return isModel && isEncoded ? nil : isModel
  }

  /// The parameters of a disposition; nil if it is wrong.
  private static func parameters(of disposition: [UInt8]) -> [(name: String, value: [UInt8])]? {
    // Cut at the semicolons outside of quotes; a quote starts a quoted string only behind an equals sign.
    var pieces: [[UInt8]] = [[]]
    var isQuoted = false
    var isEscaped = false
    for byte in disposition {
      if byte < 0x20 && byte != 0x09 || byte == 0x7F, pieces.count > 1 { return nil }
      if isQuoted {
        pieces[pieces.count - 1].append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else if byte == 0x22 {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: ";") {
        pieces.append([])
      } else {
        if pieces.count > 1, byte == 0x22 {
          guard pieces[pieces.count - 1].last == UInt8(ascii: "=") else { return nil }
          isQuoted = true
        }
        pieces[pieces.count - 1].append(byte)
      }
    }
    guard !isQuoted, String(decoding: pieces[0].trimmed, as: UTF8.self).lowercased() == "form-data" else { return nil }
    var result: [(name: String, value: [UInt8])] = []
    for piece in pieces.dropFirst().map(\.trimmed) where !piece.isEmpty {
      guard let equals = piece.firstIndex(of: UInt8(ascii: "=")), equals > 0 else { return nil }
      let name = piece[..<equals]
      let token = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
      guard name.allSatisfy(token.contains) else { return nil }
      var value = Array(piece[(equals + 1)...])
      if value.first == 0x22 {
        guard value.count >= 2, let unquoted = unquoted(value) else { return nil }
        value = unquoted
      } else if value.contains(0x22) || value.contains(0x20) || value.contains(0x09) {
        return nil
      }
      result.append((String(decoding: name, as: UTF8.self).lowercased(), value))
    }
    return result
  }

  /// The quoted string without quotes and backslashes; nil if it closes before the end.
  private static func unquoted(_ string: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var index = 1
    while index < string.count {
      if string[index] == 0x22 { return index == string.count - 1 ? result : nil }
      if string[index] == 0x5C { index += 1 }
      if index < string.count { result.append(string[index]) }
      index += 1
    }
    return nil
  }
}

extension [UInt8] {
  /// The place of the first occurrence at or behind `start`.
  fileprivate func index(of pattern: [UInt8], from start: Int) -> Int? {
    guard count - pattern.count >= start else { return nil }
    return (start...count - pattern.count).first { self[$0...].starts(with: pattern) }
  }

  /// The lines between CRLFs.
  fileprivate var lines: [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = index(of: [0x0D, 0x0A], from: start) {
      lines.append(Array(self[start..<end]))
      start = end + 2
    }
    return lines + [Array(self[start...])]
  }
}

extension Sequence<UInt8> {
  /// The bytes without spaces and tabs around them.
  fileprivate var trimmed: [UInt8] {
    Array(drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed())
  }
}

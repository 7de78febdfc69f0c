/// An address of e-mail: a local part of at most 64 bytes, `@`, and a domain name with a dot (RFC 5321 in its usual forms,
/// without quoted local parts and address literals).
enum EmailAddressGrammar {
  /// - Parameter at: the place of an `@`.
  static func match(_ text: TextBytes, at index: Int) -> GrammarMatch? {
    var start = index
    while index - start < 64, isLocal(text[start - 1]) { start -= 1 }
    while start < index, text[start] == UInt8(ascii: ".") || text[start] == UInt8(ascii: "'") { start += 1 }
    guard start < index, text[index - 1] != UInt8(ascii: ".") else { return nil }
    var end = index + 1
    var labelStart = end
    var dots = 0
    while end - index < 254 {
      let byte = text[end]
      if isLabel(text, end) || byte == UInt8(ascii: "-") {
        end += 1
      } else if byte == UInt8(ascii: "."), end > labelStart, isLabel(text, end + 1) {
        dots += 1
        end += 1
        labelStart = end
      } else {
        break
      }
    }
    guard dots > 0, end - labelStart >= 2, !text.isDigit(labelStart) else { return nil }
    // `git@host.tld:path` names a repository.
    let isRemote = text[end] == UInt8(ascii: ":") && TextBytes.isWord(text[end + 1])
    return GrammarMatch(.emailAddress, start..<end, isRemote ? 0.6 : 0.99)
  }

  /// ASCII, or a letter of Latin beyond it (U+00C0…U+017F), as in `müller.example`.
  private static func isLabel(_ text: TextBytes, _ index: Int) -> Bool {
    let byte = text[index]
    if TextBytes.isAlphanumeric(byte) || (0xC3...0xC5).contains(byte) { return true }
    return (0x80...0xBF).contains(byte) && (0xC3...0xC5).contains(text[index - 1])
  }

  private static func isLocal(_ byte: UInt8) -> Bool {
    if TextBytes.isWord(byte) { return true }
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "%"), UInt8(ascii: "'"),
      UInt8(ascii: "&"), UInt8(ascii: "~"):
      return true
    default: return false
    }
  }
}

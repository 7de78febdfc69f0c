/// Tells IP addresses and host names from other texts by their form alone; nothing is looked up.
enum HostText {
  /// An IPv4 address, an IPv6 address without brackets, or a host name.
  static func isHost(_ text: some StringProtocol) -> Bool { isIPv4(text) || isIPv6(text) || isHostName(text) }

  /// Four decimal numbers of at most 255.
  static func isIPv4(_ text: some StringProtocol) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.count) && part.allSatisfy(isDigit)
          && part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 255
      }
  }

  /// RFC 4291, section 2.2: eight groups of hexadecimal digits, one run of zeros as `::`, the last two perhaps as an
  /// IPv4 address; behind it perhaps a zone such as `%eth0` (RFC 4007).
  static func isIPv6(_ text: some StringProtocol) -> Bool {
    var address = Substring(text)
    if let percent = address.firstIndex(of: "%") {
      let zone = address[address.index(after: percent)...].utf8
      guard !zone.isEmpty, zone.allSatisfy({ isLetterOrDigit($0) || "-_.".utf8.contains($0) }) else { return false }
      address = address[..<percent]
    }
    guard let run = address.firstRange(of: "::") else { return groups(address) == 8 }
    let before = address[..<run.lowerBound]
    let behind = address[run.upperBound...]
    guard !before.contains("."), let first = before.isEmpty ? 0 : groups(before),
      let second = behind.isEmpty ? 0 : groups(behind)
    else { return false }
    return first + second <= 7
  }

  /// RFC 1123, section 2.1: labels of letters, digits and hyphens, no hyphen at either end, at most 63 octets each and
  /// 253 in all; a dot at the end is allowed. The last label is not a number, or it would be a broken IPv4 address.
  /// Underscores are allowed beyond the RFC: container tools make such names.
  static func isHostName(_ text: some StringProtocol) -> Bool {
    var name = Substring(text)
    if name.hasSuffix(".") { name = name.dropLast() }
    guard (1...253).contains(name.utf8.count) else { return false }
    let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let hyphen = UInt8(ascii: "-")
    return labels.last?.allSatisfy(isDigit) == false
      && labels.allSatisfy { label in
        (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
          && label.allSatisfy { isLetterOrDigit($0) || $0 == hyphen || $0 == UInt8(ascii: "_") }
      }
  }

  /// The number of 16-bit groups in a part of an IPv6 address without `::`; nil when it is none.
  private static func groups(_ part: Substring) -> Int? {
    var count = 0
    let words = part.split(separator: ":", omittingEmptySubsequences: false)
    for (index, word) in words.enumerated() {
      if index == words.count - 1, word.contains(".") {
        guard isIPv4(word) else { return nil }
        count += 2
      } else {
        guard (1...4).contains(word.utf8.count), word.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        count += 1
      }
    }
    return count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}

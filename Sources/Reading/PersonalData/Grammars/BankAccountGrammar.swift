/// International bank account numbers (ISO 13616): country, two check digits, and the country's number of characters,
/// in one run or in groups of four with spaces.
enum BankAccountGrammar {
  /// - Parameter at: the place of two letters with two digits behind them, at the start of a word.
  static func match(_ text: TextBytes, at index: Int, _ cues: CueTrail) -> GrammarMatch? {
    guard TextBytes.isLetter(text[index]), TextBytes.isLetter(text[index + 1]), text.isDigit(index + 2),
      text.isDigit(index + 3)
    else { return nil }
    let key = Int(text[index] & 0x5F) << 8 | Int(text[index + 1] & 0x5F)
    guard let length = lengths[key] else { return nil }
    var end = index
    var read = 0
    var remainder = 0
    var head = 0
    var isSpaced = false
    while read < length {
      let byte = text[end]
      if byte == 0x20, read > 0, read % 4 == 0, isSpaced || read == 4, TextBytes.isAlphanumeric(text[end + 1]) {
        isSpaced = true
        end += 1
        continue
      }
      guard TextBytes.isAlphanumeric(byte), !isSpaced || read % 4 != 0 || text[end - 1] == 0x20 else { return nil }
      // The first four characters count as the last; letters are 10…35.
      if read < 4 {
        head = appended(head, byte)
      } else {
        remainder = appended(remainder, byte) % 97
      }
      read += 1
      end += 1
    }
    guard !TextBytes.isWord(text[end]) else { return nil }
    remainder = (remainder * 1_000_000 + head) % 97
    let hasCue = cues.has(.account, around: index..<end, in: text)
    if remainder == 1 { return GrammarMatch(.bankAccount, index..<end, 0.99) }
    return GrammarMatch(.bankAccount, index..<end, hasCue ? 0.92 : 0.6)
  }

  private static func appended(_ value: Int, _ byte: UInt8) -> Int {
    TextBytes.isDigit(byte) ? value * 10 + Int(byte &- 0x30) : value * 100 + Int(byte & 0x5F) - 55
  }

  /// Characters by country, from the registry of ISO 13616.
  private static let lengths: [Int: Int] = {
    let registry = """
      AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
      FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
      LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24
      RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
      """
    var lengths: [Int: Int] = [:]
    for entry in registry.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      let bytes = Array(entry.utf8)
      lengths[Int(bytes[0]) << 8 | Int(bytes[1])] = Int(bytes[2] - 0x30) * 10 + Int(bytes[3] - 0x30)
    }
    return lengths
  }()
}

/// Driver's licences of the United States: their forms differ by state and match much else, so a word must say what it is.
enum DriverLicenseGrammar {
  /// - Parameter at: the start of a word that holds a digit.
  static func match(_ text: TextBytes, at index: Int, _ cues: CueTrail) -> GrammarMatch? {
    guard cues.has(.license, before: index, within: 32), cues.has(.driver, before: index) else { return nil }
    var end = index
    var digits = 0
    var letters = 0
    while end - index < 20 {
      let byte = text[end]
      if TextBytes.isDigit(byte) {
        digits += 1
      } else if TextBytes.isLetter(byte) {
        letters += 1
      } else if byte != UInt8(ascii: "-") || !TextBytes.isAlphanumeric(text[end + 1]) {
        break
      }
      end += 1
    }
    guard !TextBytes.isWord(text[end]), digits >= 5, digits <= 15, letters <= 4 else { return nil }
    let isOther = cues.has(.otherNumber, before: index, within: 10)
    return GrammarMatch(.driverLicense, index..<end, isOther ? 0.7 : 0.93)
  }
}

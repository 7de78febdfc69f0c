/// How a word is written; the raw values are part of the model. `training/personal_data/words.py` is the reference.
enum WordShape: UInt64 {
  /// A mark: one character that is part of no word.
  case mark = 0
  case number = 1
  case lower = 2
  /// A capital and small letters.
  case capitalized = 3
  case capitals = 4
  /// One capital letter.
  case initial = 5
  case mixed = 6
  /// Letters and digits.
  case alphanumeric = 7
  case newline = 8
  /// What stands before a text's first word and behind its last.
  case edge = 9

  init(_ text: TextBytes, _ word: Range<Int>) {
    if text[word.lowerBound] == 0x0A {
      self = .newline
      return
    }
    guard text.wordCharacter(word.lowerBound) > 0 else {
      self = .mark
      return
    }
    var letters = 0
    var uppers = 0
    var digits = 0
    var index = word.lowerBound
    while index < word.upperBound {
      if text.isDigit(index) {
        digits += 1
      } else if text[index] != 0x5F {
        letters += 1
        if Self.isUpper(text, index, end: word.upperBound) { uppers += 1 }
      }
      index += max(text.wordCharacter(index), 1)
    }
    self =
      if letters == 0 {
        .number
      } else if digits > 0 {
        .alphanumeric
      } else if uppers == 0 {
        .lower
      } else if letters == 1 {
        .initial
      } else if uppers == letters {
        .capitals
      } else {
        uppers == 1 && Self.isUpper(text, word.lowerBound, end: word.upperBound) ? .capitalized : .mixed
      }
  }

  /// A capital letter of ASCII, Latin-1, Latin Extended-A, Greek or Cyrillic.
  private static func isUpper(_ text: TextBytes, _ index: Int, end: Int) -> Bool {
    let byte = text[index]
    if byte < 0x80 { return TextBytes.isUpper(byte) }
    if index + 1 >= end || byte > 0xDF { return false }
    let scalar = Int(byte & 0x1F) << 6 | Int(text[index + 1] & 0x3F)
    switch scalar {
    case 0xC0...0xDE: return scalar != 0xD7
    case 0x100...0x137, 0x14A...0x177: return scalar % 2 == 0
    case 0x139...0x148, 0x179...0x17E: return scalar % 2 == 1
    case 0x178, 0x386...0x38F, 0x391...0x3AB, 0x400...0x42F: return true
    default: return false
    }
  }
}

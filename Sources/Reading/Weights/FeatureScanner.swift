/// Walks over a text's bytes and feeds its features to two sums: words and pairs of neighbours, and n-grams of words.
///
/// Rules (the reference is `training/domain_linear/features.py`):
/// - ASCII and Latin-1 letters are lower-cased. Letters, digits and bytes from 0x80 form words; a longer word than the
///   model's limit is cut into pieces. Apostrophes, straight or curly, vanish; other bytes of U+2000…U+203F separate;
///   any other visible ASCII character is a word of its own, without n-grams.
/// - A word of digits only is a number: `1` or `2` and three digits keep their century, others become as many zeros.
///   Numbers have no n-grams.
/// - A pair joins a word, number or mark with the one before; the first of a window has 0 before it.
/// - N-grams are taken from the word between a start mark (2) and an end mark (3).
/// - With word classes (the guard's model), a pair of classes near one another is a feature beside the words.
///
/// Invalid UTF-8 is read as words of bytes. One pass, no allocation.
struct FeatureScanner {
  private var words: FeatureSum
  private var grams: FeatureSum
  private let gramLengths: ClosedRange<Int>
  private let longestWord: Int
  /// The word being read, from index 1; index 0 holds the start mark.
  private let word: UnsafeMutablePointer<UInt8>
  private var length = 0
  private var isNumber = true
  private var previous: UInt64 = 0
  private let patterns: GuardPatterns?
  /// Tokens of the window so far, and by class the place of its last word.
  private var place: Int32 = 0
  private var lastPlaces = Self.nowhere
  private static let nowhere = SIMD32<Int32>(repeating: -100)

  /// Bytes of the word buffer: two marks and what a load of eight bytes may touch past them.
  static let wordBufferBytes = LinearModel.longestWordLimit + 2 + 8

  @inline(__always)
  init(
    model: LinearModel, words: FeatureSum, grams: FeatureSum, word: UnsafeMutablePointer<UInt8>,
    patterns: GuardPatterns? = nil
  ) {
    self.patterns = patterns
    self.words = words
    self.grams = grams
    gramLengths = model.gramLengths
    longestWord = model.longestWord
    self.word = word
    word.initialize(repeating: 0, count: Self.wordBufferBytes)
    word[0] = 2
  }

  /// Reads one window of the text. Words do not continue from one window to the next.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) {
    previous = 0
    place = 0
    lastPlaces = Self.nowhere
    let count = bytes.count
    var index = 0
    while index < count {
      var byte = bytes[index]
      if byte >= 0x61 && byte <= 0x7A {
        append(byte, isDigit: false)
      } else if byte >= 0x80 {
        if byte == 0xE2, index + 2 < count, bytes[index + 1] == 0x80 {
          // General punctuation: a curly apostrophe vanishes as the straight one does, the rest separates.
          if bytes[index + 2] & 0xFE != 0x98 { endWord() }
          index += 3
          continue
        }
        if byte == 0xC3, index + 1 < count {
          let second = bytes[index + 1]
          if second >= 0x80 && second <= 0x9E && second != 0x97 {
            append(byte, isDigit: false)
            byte = second + 0x20
            index += 1
          }
        }
        append(byte, isDigit: false)
      } else if byte >= 0x41 && byte <= 0x5A {
        append(byte + 0x20, isDigit: false)
      } else if byte >= 0x30 && byte <= 0x39 {
        append(byte, isDigit: true)
      } else if byte != 0x27 {
        endWord()
        if byte > 0x20 && byte != 0x7F {
          word[1] = byte
          token(count: 1)
        }
      }
      index += 1
    }
    endWord()
  }

  /// The sums of what was scanned.
  func result() -> (words: FeatureSum, grams: FeatureSum) { (words, grams) }

  @inline(__always)
  private mutating func append(_ byte: UInt8, isDigit: Bool) {
    length &+= 1
    word[length] = byte
    isNumber = isNumber && isDigit
    if length == longestWord { endWord() }
  }

  @inline(__always)
  private mutating func endWord() {
    guard length > 0 else { return }
    if isNumber {
      let keepsCentury = length == 4 && (word[1] == 0x31 || word[1] == 0x32)
      for index in (keepsCentury ? 3 : 1)...length { word[index] = 0x30 }
      token(count: length)
    } else {
      token(count: length)
      if let patterns { pair(patterns) }
      word[length + 1] = 3
      let padded = length + 2
      for gramLength in gramLengths where gramLength <= padded {
        for start in 0...(padded - gramLength) {
          grams.add(FeatureHash.gram(UnsafeRawPointer(word) + start, count: gramLength))
        }
      }
    }
    length = 0
    isNumber = true
  }

  @inline(__always)
  private mutating func token(count: Int) {
    let hash = FeatureHash.word(UnsafeRawPointer(word + 1), count: count)
    words.add(hash)
    words.add(FeatureHash.pair(previous, hash))
    previous = hash
    place &+= 1
  }

  /// Pairs the class of the word just read with those of the words before it.
  @inline(__always)
  private mutating func pair(_ patterns: GuardPatterns) {
    let number = patterns.number(of: previous)
    guard number > 0 else { return }
    let here = place &- 1
    for first in 1...GuardPatterns.count where here &- lastPlaces[first] <= GuardPatterns.reach {
      words.add(GuardPatterns.pair(first, number))
    }
    lastPlaces[number] = here
  }
}

/// A light English stemmer: plural, past, participle and adverb endings and the commonest derivations, by the rules of
/// Porter's algorithm (1980), steps 1 to 3. Words with a byte that is not a lower-case letter stay as they are.
enum EnglishStemmer {
  /// Words that say nothing about a subject.
  static let stopWords: Set<[UInt8]> = Set(
    """
    a an and are as at be but by can do does for from had has have how i if in into is it its me my no not of on or our \
    s so t that the their them then there these they this to was we were what when where which who why will with would \
    you your
    """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { Array($0.utf8) })

  static func stem(_ word: [UInt8]) -> [UInt8] {
    guard word.count > 2, word.allSatisfy({ (0x61...0x7A).contains($0) }) else { return word }
    var word = word
    removePlural(&word)
    removePastAndParticiple(&word)
    if word.last == 0x79, hasVowel(word, upTo: word.count - 1) { word[word.count - 1] = 0x69 }  // happy, happi
    replaceDerivation(&word)
    // Porter's step 5: a final e goes, so that "derive" and "deriving" meet.
    if word.last == 0x65 {
      let measure = measure(word, upTo: word.count - 1)
      if measure > 1 || measure == 1 && !endsShort(word, upTo: word.count - 1) { word.removeLast() }
    }
    if word.count > 2, word.last == 0x6C, word[word.count - 2] == 0x6C, measure(word, upTo: word.count) > 1 {
      word.removeLast()
    }
    return word
  }

  private static func removePlural(_ word: inout [UInt8]) {
    if ends(word, "sses") || ends(word, "ies") {
      word.removeLast(2)
    } else if ends(word, "s"), !ends(word, "ss") {
      word.removeLast()
    }
  }

  private static func removePastAndParticiple(_ word: inout [UInt8]) {
    if ends(word, "eed") {
      if measure(word, upTo: word.count - 3) > 0 { word.removeLast() }
      return
    }
    let length = ends(word, "ed") ? 2 : ends(word, "ing") ? 3 : 0
    guard length > 0, hasVowel(word, upTo: word.count - length) else { return }
    word.removeLast(length)
    if ends(word, "at") || ends(word, "bl") || ends(word, "iz") {
      word.append(0x65)
    } else if let last = word.last, word.count > 1, word[word.count - 2] == last, !isVowel(word, word.count - 1),
      ![0x6C, 0x73, 0x7A].contains(last)
    {
      word.removeLast()  // hopping, hop; not falling, hissing, fizzing
    } else if measure(word, upTo: word.count) == 1, endsShort(word, upTo: word.count) {
      word.append(0x65)  // filing, file
    }
  }

  private static let derivations: [(ending: String, replacement: String)] = [
    ("ational", "ate"), ("ization", "ize"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("tional", "tion"), ("biliti", "ble"), ("ation", "ate"), ("alism", "al"), ("aliti", "al"), ("iviti", "ive"),
    ("ousli", "ous"), ("entli", "ent"), ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"),
    ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"), ("alli", "al"), ("ator", "ate"),
    ("ical", "ic"), ("ness", ""), ("eli", "e"), ("ful", ""),
  ]

  private static func replaceDerivation(_ word: inout [UInt8]) {
    for (ending, replacement) in derivations where ends(word, ending) {
      let rest = word.count - ending.utf8.count
      guard measure(word, upTo: rest) > 0 else { return }
      word.removeLast(ending.utf8.count)
      word += Array(replacement.utf8)
      return
    }
  }

  private static func ends(_ word: [UInt8], _ ending: String) -> Bool {
    word.count > ending.utf8.count && word.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }

  private static func isVowel(_ word: [UInt8], _ index: Int) -> Bool {
    switch word[index] {
    case 0x61, 0x65, 0x69, 0x6F, 0x75: true
    case 0x79: index > 0 && !isVowel(word, index - 1)
    default: false
    }
  }

  private static func hasVowel(_ word: [UInt8], upTo end: Int) -> Bool {
    (0..<end).contains { isVowel(word, $0) }
  }

  /// Porter's m: how many times vowels are followed by consonants.
  private static func measure(_ word: [UInt8], upTo end: Int) -> Int {
    var measure = 0
    var wasVowel = false
    for index in 0..<max(end, 0) {
      let vowel = isVowel(word, index)
      if wasVowel, !vowel { measure += 1 }
      wasVowel = vowel
    }
    return measure
  }

  /// Consonant, vowel, consonant other than w, x, y.
  private static func endsShort(_ word: [UInt8], upTo end: Int) -> Bool {
    guard end >= 3, !isVowel(word, end - 1), isVowel(word, end - 2), !isVowel(word, end - 3) else { return false }
    return ![0x77, 0x78, 0x79].contains(word[end - 1])
  }
}

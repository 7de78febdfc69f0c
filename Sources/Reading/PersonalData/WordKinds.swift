/// What a word tells grammars: of what kind a number near it is, or that it is part of a date, an address or a title.
struct WordKinds: OptionSet {
  let rawValue: UInt32

  // Cues: what a number near the word is. The first fourteen are remembered with their place.
  static let card = WordKinds(rawValue: 1 << 0)
  static let phone = WordKinds(rawValue: 1 << 1)
  static let socialSecurity = WordKinds(rawValue: 1 << 2)
  static let postalCode = WordKinds(rawValue: 1 << 3)
  static let license = WordKinds(rawValue: 1 << 4)
  static let account = WordKinds(rawValue: 1 << 5)
  static let network = WordKinds(rawValue: 1 << 6)
  static let birth = WordKinds(rawValue: 1 << 7)
  /// A number after it is no phone number, card or address: an order, a version, a page.
  static let otherNumber = WordKinds(rawValue: 1 << 8)
  /// Someone speaks of a person: "I am", "he is".
  static let being = WordKinds(rawValue: 1 << 9)
  static let age = WordKinds(rawValue: 1 << 10)
  /// A word after which a number of four digits is a year.
  static let yearBefore = WordKinds(rawValue: 1 << 11)
  static let driver = WordKinds(rawValue: 1 << 12)
  /// The last word of a street's address that was found.
  static let street = WordKinds(rawValue: 1 << 13)
  static let rememberedCount = 14

  static let month = WordKinds(rawValue: 1 << 16)
  static let weekday = WordKinds(rawValue: 1 << 17)
  static let title = WordKinds(rawValue: 1 << 18)
  /// A nationality, a religion, a political group.
  static let group = WordKinds(rawValue: 1 << 19)
  /// A street's last word, as in `Baker Street`.
  static let streetType = WordKinds(rawValue: 1 << 20)
  /// A street's last word that the number of the house follows, as in `Villacher Strasse 89`.
  static let streetWithNumber = WordKinds(rawValue: 1 << 27)
  /// A street's first word, as in `Rue de Rivoli`.
  static let streetPrefix = WordKinds(rawValue: 1 << 21)
  /// A part of a building: `Apt. 4`.
  static let unit = WordKinds(rawValue: 1 << 22)
  /// Something that has an age and is no person.
  static let thing = WordKinds(rawValue: 1 << 23)
  /// A two-letter state of the United States.
  static let state = WordKinds(rawValue: 1 << 24)
  /// A word that is also an everyday one ("may", "march"): counts with a capital only.
  static let capitalOnly = WordKinds(rawValue: 1 << 25)
  /// A small word inside street names: `de`, `der`.
  static let particle = WordKinds(rawValue: 1 << 26)
}

/// Finds personal data that has a form: numbers of cards, accounts and telephones, addresses, dates, ages, titles, groups.
///
/// One pass over the bytes looks for places where something could start (a digit, an `@`, a word of ``WordTable``); the
/// grammars look at a bounded stretch there, so the time grows with the text and with nothing else. Names, places and
/// organisations have no form: ``NameTagger`` and ``NameHead`` find them.
///
/// Immutable; any thread may call it.
public struct PersonalDataFinder: Sendable {
  /// Spans that are returned of one text at most; what follows them is not read.
  public static let spanLimit = 4096

  private let table = WordTable.shared

  public init() {}

  /// The spans of a text, in order, none overlapping: of two that do, the surer one. Invalid UTF-8 is read as bytes.
  public func find(in bytes: UnsafeRawBufferPointer) -> [PersonalDataSpan] {
    var scan = PersonalDataScan(TextBytes(bytes), table: table)
    scan.run()
    return scan.found.spans
  }
}

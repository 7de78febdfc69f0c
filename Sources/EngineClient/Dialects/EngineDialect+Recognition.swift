extension EngineDialect {
  /// The dialect that knows most of the names on a page; nil when none knows a name of its own.
  ///
  /// Names that every dialect knows do not count. Each name counts once for each run of lines that begin with it. O(page).
  public static func recognise(_ page: [UInt8]) -> EngineDialect? {
    page.withUnsafeBytes { recognise($0) }
  }

  static func recognise(_ page: UnsafeRawBufferPointer) -> EngineDialect? {
    var reader = ExpositionReader(page)
    var known = Array(repeating: 0, count: all.count)
    while reader.advance() {
      guard !reader.repeatsName else { continue }
      for (place, dialect) in all.enumerated() {
        guard let entry = dialect.lookup.entry(reader.name), entry.rank < dialect.ownRows else { continue }
        known[place] += 1
      }
    }
    guard let most = known.max(), most > 0, let place = known.firstIndex(of: most) else { return nil }
    return all[place]
  }

  /// The rows that are not those of any engine come first.
  var ownRows: Int { rows.count - Self.unprefixed.count }
}

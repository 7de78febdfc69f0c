/// Says which language a text is written in.
///
/// The script decides first: the one with most letters in the first ``scalarLimit`` scalars. Most scripts belong to one
/// language; Kana among Han means Japanese, Han alone Chinese. Latin, Cyrillic, Arabic and Devanagari are shared: there
/// a naive Bayes model over character 2- and 3-grams and everyday words decides, which starts from how common each
/// language is on the web.
///
/// Confidence is the posterior within the script times the share of the text's letters that are of that script. A value
/// type over an immutable model; may be used from any thread. Around 4 µs for 30 words, at most some 11 µs.
public struct LanguageIdentifier: Sendable {
  /// What was found.
  public struct Identification: Sendable, Equatable {
    /// Probabilities by ISO 639-1 code, the likeliest first; only of the languages that write the text's script. Empty
    /// when the text has no letter of a known script.
    public var candidates: [Candidate]

    public var best: Candidate? { candidates.first }

    public func probability(of language: String) -> Double {
      candidates.first { $0.language == language }?.probability ?? 0
    }
  }

  public struct Candidate: Sendable, Equatable {
    public var language: String
    public var probability: Double
  }

  /// Scalars of a text that are looked at: 512, some 80 words, by which the language is long clear.
  public static let scalarLimit = 512

  /// From this share of Kana among Kana and Han on, a text is Japanese.
  private static let kanaShare = 0.05

  private let model: LanguageModel
  private let tables = ScalarTables.shared

  /// - Throws: ``SignalCompilationError`` when the model in this binary is damaged.
  public init() throws(SignalCompilationError) {
    switch LanguageModel.bundled {
    case .success(let model): self.model = model
    case .failure(let error): throw SignalCompilationError(path: "the built-in language model", reason: "\(error)")
    }
  }

  /// The ISO 639-1 codes that can be found, in alphabetical order.
  public var languages: [String] {
    (model.groups.flatMap(\.languages) + WritingSystem.allCases.compactMap(\.soleLanguage) + ["zh"]).sorted()
  }

  /// - Parameter text: UTF-8; broken sequences count as no letters.
  public func identify(_ text: [UInt8]) -> Identification {
    var weights = [Int](repeating: 0, count: WritingSystem.allCases.count)
    let scalars = letters(of: text, weights: &weights)
    let total = weights.reduce(0, +)
    guard total > 0 else { return Identification(candidates: []) }

    // Han and Kana are one way of writing.
    let han = weights[Int(WritingSystem.han.rawValue)]
    let kana = weights[Int(WritingSystem.kana.rawValue)]
    var best = WritingSystem.latin
    var bestWeight = -1
    for script in WritingSystem.allCases where script != .none && script != .kana {
      let weight = script == .han ? han + kana : weights[Int(script.rawValue)]
      if weight > bestWeight { (best, bestWeight) = (script, weight) }
    }
    let share = Double(bestWeight) / Double(total)
    if best == .han {
      let isJapanese = Double(kana) >= Self.kanaShare * Double(han + kana)
      return Identification(candidates: [Candidate(language: isJapanese ? "ja" : "zh", probability: share)])
    }
    if let language = best.soleLanguage {
      return Identification(candidates: [Candidate(language: language, probability: share)])
    }
    return Identification(candidates: candidates(in: best, scalars, share: share))
  }

  /// The text's first scalars, folded as the profiles are.
  private func letters(of text: [UInt8], weights: inout [Int]) -> [UInt32] {
    text.withUnsafeBufferPointer { bytes in
      var scalars: [UInt32] = []
      scalars.reserveCapacity(min(bytes.count, Self.scalarLimit))
      var position = 0
      while position < bytes.count, scalars.count < Self.scalarLimit {
        var (scalar, end) = UTF8Text.scalar(in: bytes, at: position)
        position = end
        if scalar < 0x80 {
          if scalar &- 0x41 < 26 { scalar |= 0x20 }
          if scalar &- 0x61 < 26 { weights[Int(WritingSystem.latin.rawValue)] += 1 }
        } else {
          scalar = Self.profileForm(tables.folded(scalar))
          let script = WritingSystem.of(scalar)
          weights[Int(script.rawValue)] += script.weight
        }
        scalars.append(scalar)
      }
      return scalars
    }
  }

  /// Letters that the profiles treat as one: Vietnamese letters with two marks, Romanian comma and cedilla, the forms of
  /// the Arabic ya.
  private static func profileForm(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0x1EA0...0x1EFF: 0x1EC3
    case 0x219: 0x15F
    case 0x21B: 0x163
    case 0x6CC, 0x649: 0x64A
    default: scalar
    }
  }

  private func candidates(in script: WritingSystem, _ scalars: [UInt32], share: Double) -> [Candidate] {
    let group = model.groups[Int(script.rawValue) - 1]
    let costs = totals(of: group, script, scalars)
    let nats = 0.693_147_180_559_945_3 / model.steps * model.temperature
    let logs = group.priors.indices.map { group.priors[$0] - Double(costs[$0]) * nats }
    let top = logs.max() ?? 0
    let weights = logs.map { RealFunctions.exp($0 - top) }
    let sum = weights.reduce(0, +)
    return zip(group.languages, weights)
      .map { Candidate(language: $0, probability: $1 / sum * share) }
      .sorted { ($1.probability, $0.language) < ($0.probability, $1.language) }
  }

  private func totals(of group: LanguageModel.Group, _ script: WritingSystem, _ scalars: [UInt32]) -> SIMD32<UInt32> {
    var totals = SIMD32<UInt32>(repeating: 0)
    // 200 rows of at most 255 stay below 65 536.
    var partial = SIMD32<UInt16>(repeating: 0)
    var pending = 0
    func add(_ key: UInt32) {
      guard let row = group.row(of: key) else { return }
      partial &+= SIMD32<UInt16>(truncatingIfNeeded: group.costs[row])
      pending += 1
      if pending == 200 {
        totals &+= SIMD32<UInt32>(truncatingIfNeeded: partial)
        partial = SIMD32(repeating: 0)
        pending = 0
      }
    }
    // Codes of the two places before; 0 means that no n-gram may reach over that place.
    var before: UInt32 = 0
    var last = LanguageModel.Group.edge
    // The word so far; nil when a letter of it is unknown.
    var word: UInt32? = LanguageModel.Group.wordSeed
    for index in 0...scalars.count {
      let scalar = index < scalars.count ? scalars[index] : 0x20
      let isLetter = scalar < LanguageModel.Group.tableSize && WritingSystem.of(scalar) == script
      let code = isLetter ? UInt32(group.codes[Int(scalar)]) : LanguageModel.Group.edge
      if !isLetter {
        if last > LanguageModel.Group.edge {
          add(last << 8 | code)
          if before != 0 { add(before << 16 | last << 8 | code) }
        }
        if let word, word != LanguageModel.Group.wordSeed { add(LanguageModel.Group.wordKey(word)) }
        (before, last, word) = (0, code, LanguageModel.Group.wordSeed)
        continue
      }
      if code != 0, last != 0 {
        add(last << 8 | code)
        if before != 0 { add(before << 16 | last << 8 | code) }
      }
      word = code == 0 ? nil : word.map { LanguageModel.Group.extend($0, with: code) }
      (before, last) = (last, code)
    }
    return totals &+ SIMD32<UInt32>(truncatingIfNeeded: partial)
  }
}

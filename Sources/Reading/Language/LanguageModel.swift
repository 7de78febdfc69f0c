import CReadingModels

/// The statistics behind ``LanguageIdentifier``: for each script that several languages share, what a character n-gram or
/// an everyday word costs each of them, in parts of a bit. Format: `training/language/README.md`.
struct LanguageModel: Sendable {
  /// Why bytes are not a language model.
  enum FormatError: Error, Equatable, CustomStringConvertible {
    case notAModel
    case unknownVersion(UInt8)
    case damaged
    case malformed(offset: Int, reason: String)

    var description: String {
      switch self {
      case .notAModel: "not a language model: the file does not begin with SYLANG"
      case .unknownVersion(let version): "the language model has version \(version); this build reads version 1"
      case .damaged: "the language model is damaged (checksum or length differs); build it again"
      case .malformed(let offset, let reason): "the language model is malformed at byte \(offset): \(reason)"
      }
    }
  }

  /// The languages of one script.
  struct Group: Sendable {
    /// Code 0: a scalar that no n-gram holds; 1: a word's edge.
    static let edge: UInt32 = 1
    static let tableSize: UInt32 = 0x2000
    /// Keys from here on are whole words: this flag and 24 bits of a hash of their codes.
    static let wordFlag: UInt32 = 1 << 24

    let languages: [String]
    /// How much likelier than the rarest each language is before anything is read, in nats.
    let priors: [Double]
    /// Folded scalar → its code; scalars from ``tableSize`` on have none.
    let codes: [UInt8]
    /// Open addressing: key → row + 1; 0 marks a free slot.
    private let keys: [UInt32]
    private let rows: [UInt16]
    private let shift: UInt32
    /// One row an n-gram or word, one column a language.
    let costs: [SIMD32<UInt8>]

    init(languages: [String], priors: [Double], codes: [UInt8], entries: [(key: UInt32, costs: SIMD32<UInt8>)]) {
      self.languages = languages
      self.priors = priors
      self.codes = codes
      var bits: UInt32 = 4
      while 1 << Int(bits) < entries.count * 2 { bits += 1 }
      var keys = [UInt32](repeating: 0, count: 1 << Int(bits))
      var rows = [UInt16](repeating: 0, count: keys.count)
      shift = 32 - bits
      for (row, entry) in entries.enumerated() {
        var slot = Int(Self.hash(entry.key) >> shift)
        while keys[slot] != 0 { slot = slot + 1 == keys.count ? 0 : slot + 1 }
        keys[slot] = entry.key
        rows[slot] = UInt16(row)
      }
      self.keys = keys
      self.rows = rows
      costs = entries.map(\.costs)
    }

    /// The row of an n-gram, whose codes fill the key's bytes, or of a word; nil when no language has it.
    @inline(__always)
    func row(of key: UInt32) -> Int? {
      var slot = Int(Self.hash(key) >> shift)
      while true {
        let found = keys[slot]
        if found == key { return Int(rows[slot]) }
        if found == 0 { return nil }
        slot = slot + 1 == keys.count ? 0 : slot + 1
      }
    }

    /// A word's key, one letter's code at a time (FNV-1a, its upper 24 bits), from ``wordSeed``.
    static let wordSeed: UInt32 = 0x811C_9DC5

    @inline(__always)
    static func extend(_ state: UInt32, with code: UInt32) -> UInt32 { (state ^ code) &* 0x0100_0193 }

    @inline(__always)
    static func wordKey(_ state: UInt32) -> UInt32 { wordFlag | state >> 8 }

    /// Fibonacci hashing.
    @inline(__always)
    private static func hash(_ key: UInt32) -> UInt32 { key &* 0x9E37_79B1 }
  }

  let groups: [Group]
  /// Cost units a bit.
  let steps: Double
  /// What the sum of costs is multiplied with, since n-grams overlap.
  let temperature: Double

  /// The model inside this binary, read on first use (about a millisecond).
  static let bundled: Result<LanguageModel, FormatError> = {
    let bytes = UnsafeBufferPointer(start: reading_model_language_bytes(), count: reading_model_language_size())
    do throws(FormatError) {
      return .success(try LanguageModel(Array(bytes)))
    } catch {
      return .failure(error)
    }
  }()

  /// - Throws: ``FormatError``; every length and number is checked.
  init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.count >= 16, bytes.starts(with: Array("SYLANG\0".utf8)) else { throw .notAModel }
    guard bytes[7] == 1 else { throw .unknownVersion(bytes[7]) }
    var reader = Reader(bytes: bytes, position: 8)
    let length = Int(try reader.number(bytes: 4))
    let checksum = try reader.number(bytes: 4)
    let actual = bytes[16...].withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) }
    guard length == bytes.count - 16, actual == checksum else { throw .damaged }
    let count = Int(try reader.number(bytes: 1))
    steps = Double(try reader.number(bytes: 1))
    let floor = UInt8(try reader.number(bytes: 1))
    let wordCost = UInt8(try reader.number(bytes: 1))
    temperature = Double(try reader.number(bytes: 2)) / 10_000
    let priorSteps = Double(try reader.number(bytes: 2))
    guard count == 4, steps > 0, priorSteps > 0 else {
      throw .malformed(offset: 16, reason: "expected 4 scripts and positive numbers of steps")
    }
    var groups: [Group] = []
    for _ in 0..<count {
      groups.append(try Self.group(from: &reader, floor: floor, wordCost: wordCost, priorSteps: priorSteps))
    }
    guard reader.position == bytes.count else {
      throw .malformed(offset: reader.position, reason: "bytes follow the last script")
    }
    self.groups = groups
  }

  private static func group(
    from reader: inout Reader, floor: UInt8, wordCost: UInt8, priorSteps: Double
  ) throws(FormatError) -> Group {
    let start = reader.position
    let languageCount = Int(try reader.number(bytes: 1))
    _ = try reader.number(bytes: 1)
    let letterCount = Int(try reader.number(bytes: 2))
    let gramCount = Int(try reader.number(bytes: 4))
    guard (1...32).contains(languageCount), letterCount <= 254, gramCount <= Int(UInt16.max) else {
      throw .malformed(offset: start, reason: "too many languages, letters or n-grams")
    }
    var languages: [String] = []
    for _ in 0..<languageCount {
      let code = [UInt8(try reader.number(bytes: 1)), UInt8(try reader.number(bytes: 1))]
      guard code.allSatisfy({ (0x61...0x7A).contains($0) }) else {
        throw .malformed(offset: reader.position - 2, reason: "a language code is two lower-case letters")
      }
      languages.append(String(decoding: code, as: UTF8.self))
    }
    var priors: [Double] = []
    for _ in 0..<languageCount { priors.append(Double(try reader.number(bytes: 1)) / priorSteps) }
    var codes = [UInt8](repeating: 0, count: Int(Group.tableSize))
    for letter in 0..<letterCount {
      let scalar = try reader.number(bytes: 2)
      guard scalar < Group.tableSize else {
        throw .malformed(offset: reader.position - 2, reason: "a letter lies outside the table")
      }
      codes[Int(scalar)] = UInt8(letter + 2)
    }
    var entries: [(key: UInt32, costs: SIMD32<UInt8>)] = []
    entries.reserveCapacity(gramCount)
    var key: UInt32 = 0
    for _ in 0..<gramCount {
      let place = reader.position
      let step = try reader.varint()
      let columns = try reader.varint()
      guard step > 0, step < 1 << 25, key + step < 1 << 25, columns >> UInt32(languageCount - 1) <= 1 else {
        throw .malformed(offset: place, reason: "an n-gram's key or languages are out of range")
      }
      key += step
      let absent = key < Group.wordFlag ? floor : wordCost
      var costs = SIMD32<UInt8>(repeating: 0)
      for column in 0..<languageCount {
        costs[column] = columns >> UInt32(column) & 1 == 1 ? UInt8(try reader.number(bytes: 1)) : absent
      }
      entries.append((key, costs))
    }
    return Group(languages: languages, priors: priors, codes: codes, entries: entries)
  }

  /// Little-endian numbers, read in order.
  private struct Reader {
    let bytes: [UInt8]
    var position: Int

    mutating func number(bytes count: Int) throws(FormatError) -> UInt32 {
      guard position + count <= bytes.count else { throw .malformed(offset: position, reason: "the file ends early") }
      var number: UInt32 = 0
      for index in 0..<count { number |= UInt32(bytes[position + index]) << UInt32(8 * index) }
      position += count
      return number
    }

    /// Seven bits a byte, the lowest first, the top bit set on all but the last.
    mutating func varint() throws(FormatError) -> UInt32 {
      var number: UInt64 = 0
      for index in 0..<5 {
        let byte = UInt64(try self.number(bytes: 1))
        number |= (byte & 0x7F) << UInt64(7 * index)
        if byte < 0x80 {
          guard number <= UInt64(UInt32.max) else { break }
          return UInt32(number)
        }
      }
      throw .malformed(offset: position, reason: "a number is too long")
    }
  }
}

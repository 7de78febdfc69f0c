import Testing

@testable import Reading

@Suite("The file of a linear model")
struct DomainModelFileTests {
  /// A valid model of two labels with one bucket a block.
  static func file(_ change: (inout [UInt8]) -> Void = { _ in }, sealed: Bool = true) -> [UInt8] {
    var bytes = Array("SWYDOMLN".utf8)
    func append(_ value: UInt32) { bytes.append(contentsOf: withUnsafeBytes(of: value.littleEndian) { Array($0) }) }
    for value: UInt32 in [1, 128, 2, 1, 1] { append(value) }
    bytes += [3, 5, 32, 0]
    append(2048)
    for value: Float in [1.5, 1, 0.25, 0.5, 0.5, 0] { append(value.bitPattern) }
    for value: Float in [0, 1] { append(value.bitPattern) }
    for text in ["tiny", "no", "yes"] { bytes += [UInt8(text.utf8.count)] + Array(text.utf8) }
    // Power, sharpness, doubt's weights of none, head and best, its constant; bias and scales of none.
    for value: Float in [2, 1, 1, 0, 0, 0, -1, 0.25, 0.5] { append(value.bitPattern) }
    bytes += [UInt8](repeating: 0, count: 128 - bytes.count)
    bytes += [4, 252, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 8]
    bytes += [0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0]
    change(&bytes)
    if sealed {
      let crc = bytes.withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) }
      append(crc)
    }
    return bytes
  }

  private static func error(_ bytes: [UInt8]) -> LinearModelError? {
    do throws(LinearModelError) {
      _ = try LinearDomainClassifier(modelBytes: bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test("a small model gives the probabilities that its numbers say")
  func smallModel() throws {
    let classifier = try LinearDomainClassifier(modelBytes: Self.file())
    #expect(classifier.labels == ["no", "yes"])
    // One punctuation mark: words only, norm 16, gain cancels: 4 · 0.25 / 16 = 0.0625 and −0.0625 + 1.
    // p(yes) = 1 / (1 + (ln(1 + e^1.0625) / ln(1 + e^1.9375))²) = 0.699123;
    // doubt = 1 / (1 + e^−(−1 + 8 · 0.25 / 16)) = 0.294215
    let result = Array("?".utf8).withUnsafeBytes { classifier.classify($0) }
    #expect(abs(result.probabilities[1] - 0.640538) < 1e-5)
    #expect(abs(result.probabilities[0] + result.probabilities[1] - 1) < 1e-6)
    // No feature at all: the biases, 0 and 1, and doubt 1 / (1 + e).
    let empty = classifier.classify(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(abs(empty.probabilities[1] - 0.663748) < 1e-5)
  }

  @Test(
    "rows of version 2, which hold a weight a label and the rarity, give the same as long ones without a weight of none"
  )
  func shortRows() throws {
    let long = try LinearDomainClassifier(modelBytes: Self.file { $0[128 + 15] = 0 })
    let bytes = Self.file { bytes in
      bytes[8] = 2
      bytes.replaceSubrange(128..., with: [4, 252, 16, 0, 8, 16])
    }
    let short = try LinearDomainClassifier(modelBytes: bytes)
    for text in ["?", "word", "a word?", ""] {
      let both = Array(text.utf8).withUnsafeBytes { (long.classify($0), short.classify($0)) }
      #expect(both.0 == both.1, "\(text)")
    }
    #expect(Self.error(Self.file { $0[8] = 2 }) == .trailingBytes(expected: 138, actual: 164))
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x20
      #expect(Self.error(damaged) != nil, "byte \(index)")
    }
  }

  @Test("the checksum is that of zlib")
  func checksum() {
    let check = CyclicRedundancyCheck()
    #expect(Array("123456789".utf8).withUnsafeBytes { check.checksum(of: $0) } == 0xCBF4_3926)
    let pangram = Array("The quick brown fox jumps over the lazy dog".utf8)
    #expect(pangram.withUnsafeBytes { check.checksum(of: $0) } == 0x414F_A339)
    #expect(check.checksum(of: UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
  }

  @Test("a damaged byte is found wherever it is")
  func damage() {
    let whole = Self.file()
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 0x20
      #expect(Self.error(bytes) != nil, "byte \(index)")
    }
  }

  @Test("a file cut short is refused at every length")
  func truncation() {
    let whole = Self.file()
    for count in 0..<whole.count { #expect(Self.error(Array(whole[..<count])) != nil, "\(count) bytes") }
    #expect(Self.error(whole + [0]) == .trailingBytes(expected: 164, actual: 165))
    #expect(Self.error(Array(whole.dropLast())) == .truncated(expected: 164, actual: 163))
  }

  @Test("another format and another version are named")
  func otherFormats() {
    #expect(Self.error([UInt8](repeating: 7, count: 400)) == .notALinearModel)
    #expect(Self.error(Self.file { $0[8] = 3 }) == .unsupportedVersion(3))
    #expect(
      LinearModelError.unsupportedVersion(3).description
        == "linear model: format version 3, but this build reads versions 1 and 2; train the model with the same source tree"
    )
  }

  @Test("what trainers leave in the reserved bytes means nothing")
  func reserved() throws {
    #expect(Self.error(Self.file { $0.replaceSubrange(52..<60, with: repeatElement(0xFF, count: 8)) }) == nil)
    #expect(Self.error(Self.file { $0.replaceSubrange(52..<60, with: repeatElement(0, count: 8)) }) == nil)
  }

  @Test("header fields that no trainer writes are refused, each by its name")
  func fields() {
    func field(_ change: (inout [UInt8]) -> Void) -> String? {
      guard case .invalid(let field, _)? = Self.error(Self.file(change)) else { return nil }
      return field
    }
    #expect(field { $0[16] = 15 } == "label count")
    #expect(field { $0[16] = 0 } == "label count")
    #expect(field { $0[20] = 0 } == "word buckets")
    #expect(field { $0[12] = 127 } == "offset of the rows")
    #expect(field { $0[28] = 9 } == "shortest n-gram")
    #expect(field { $0[29] = 2 } == "longest n-gram")
    #expect(field { $0[30] = 33 } == "longest word")
    #expect(field { $0[34] = 0xFF } == "window")
    #expect(field { $0.replaceSubrange(60..<64, with: [0, 0, 0xC0, 0x7F]) } == "biases")
    #expect(field { $0[68] = 0 } == "name")
    #expect(field { $0[68] = 200 } == "name")
    #expect(field { $0.replaceSubrange(76..<80, with: Array("\u{2}no\0".utf8)) } == "labels")
  }
}

import TextEncoder

/// The finder of personal data: grammars, and names by the tagger, or by its head where an encoder has read the text.
///
/// Immutable; any thread may call it.
public struct BundledPersonalDataReader: PersonalDataReader {
  private let finder = PersonalDataFinder()
  private let tagger: NameTagger
  private let head: NameHead?

  /// - Parameter encoderWidth: numbers of a vector of all-MiniLM-L6-v2; nil where that is not the encoder.
  public init(encoderWidth: Int?) throws(WeightsFileError) {
    tagger = try NameTagger.bundled()
    let head = try NameHead.bundled(with: tagger)
    self.head = head.width == encoderWidth ? head : nil
  }

  public var name: String { head == nil ? "personal-data-1" : "personal-data-1+head" }
  public var wantsEncoding: Bool { head != nil }

  /// The layer whose vectors the encoder is to hand out.
  public static let capturedLayer = 4

  public func find(in text: [UInt8], _ encoding: PromptEncoding) -> [PersonalDataSpan] {
    text.withUnsafeBytes { bytes in
      PersonalDataSpan.merging(finder.find(in: bytes), names(in: bytes, encoding))
    }
  }

  private func names(in bytes: UnsafeRawBufferPointer, _ encoding: PromptEncoding) -> [PersonalDataSpan] {
    guard let head, case .read(let read) = encoding, read.captured.count == read.ownTokens.count * head.width else {
      return tagger.find(in: bytes)
    }
    return head.find(
      in: bytes, vectors: read.captured, starts: read.ownTokens.map { read.tokens.starts[$0] },
      ends: read.ownTokens.map { read.tokens.ends[$0] })
  }
}

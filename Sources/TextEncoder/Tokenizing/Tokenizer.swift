/// A text's tokens, by the rules of a `tokenizer.json` file (the format of the `tokenizers` library).
///
/// Read: WordPiece with BERT's normalizer and word splitter; BPE over bytes with GPT-2's words; BPE over characters with
/// spaces as marks (Metaspace, or a Replace normalizer) and byte fallback; NFC, Replace and Prepend normalizers; the
/// template of special tokens. Truncation and padding that the file asks for are left to the caller. Anything else is
/// refused by name: a tokenizer that is nearly right would make a model quietly wrong.
///
/// One difference, on purpose: texts of special tokens inside of a text are plain text.
///
/// A value of any number of threads.
public struct Tokenizer: Sendable {
  enum Model: Sendable {
    case wordPiece(WordPieceModel)
    case bytePair(BytePairModel)
  }

  let model: Model
  /// Special tokens that go before a text.
  public let prefix: [UInt32]
  /// Special tokens that go behind a text.
  public let suffix: [UInt32]
  /// One more than the highest id.
  public let vocabularySize: Int

  /// - Parameters:
  ///   - json: the bytes of a `tokenizer.json`.
  ///   - path: where they are from, for messages.
  public init(json: UnsafeRawBufferPointer, path: String) throws(EncoderModelError) {
    let reader = try TokenizerFile(json, path: path)
    model = try reader.model()
    (prefix, suffix) = try reader.template()
    vocabularySize = reader.vocabularySize
  }

  /// The tokens of UTF-8 text (malformed bytes are tolerated), without special ones.
  ///
  /// - Parameter limit: reading stops when there are so many tokens; a word may go over it by its own tokens.
  public func tokenize(_ text: UnsafeRawBufferPointer, limit: Int = .max) -> TokenizedText {
    var result = TokenizedText()
    result.ids.reserveCapacity(min(text.count / 4 + 8, limit, 1 << 20))
    switch model {
    case .wordPiece(let model): model.tokenize(text, limit: limit, into: &result)
    case .bytePair(let model): model.tokenize(text, limit: limit, into: &result)
    }
    return result
  }

  /// The tokens of a text, without special ones.
  public func tokenize(_ text: String, limit: Int = .max) -> TokenizedText {
    var text = text
    return text.withUTF8 { tokenize(UnsafeRawBufferPointer($0), limit: limit) }
  }
}

import TextEncoder

/// What the encoder made of a prompt's evaluation text.
public enum PromptEncoding: Sendable {
  /// There is no encoder, and no use in waiting for one.
  case absent
  /// It could not read the text, or not in time.
  case failed(reason: String)
  case read(EncodedText)

  /// The text's vector, of length 1 whatever the model makes; nil where it was not read.
  public var direction: [Float]? {
    guard case .read(let text) = self else { return nil }
    let square = text.embedding.reduce(0) { $0 + $1 * $1 }
    guard square > 0, square.isFinite else { return nil }
    let scale = 1 / square.squareRoot()
    return text.embedding.map { $0 * scale }
  }

  /// Why readers judge with less than there can be, for traces; nil where the text was read as far as texts are, or where
  /// there is nobody to ask.
  public var shortfall: String? {
    switch self {
    case .absent: nil
    case .failed(let reason): "read without the encoder: \(reason)"
    case .read(let text) where text.isCutShort:
      "the encoder's deadline passed after \(text.windows.count) of the text's \(text.plannedWindows) windows"
    case .read: nil
    }
  }

  /// Why there is no vector, for traces.
  public var reason: String {
    switch self {
    case .absent:
      "there is no encoder: `switchyard models fetch` gets one, or name a model's folder in "
        + "global.model_catalog.embeddings.semantic.bert_model_path"
    case .failed(let reason): reason
    case .read: "the text was read"
    }
  }
}

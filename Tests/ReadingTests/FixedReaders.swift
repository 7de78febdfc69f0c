import Reading
import RouterConfig
import TextEncoder

/// A guard that takes the texts that hold a word for attacks.
struct FixedGuard: TextClassifier {
  let name = "fixed-guard"
  let labels = PromptGuardSettings.labels
  var word = "attack"
  var failure: ClassifierError?

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    if let failure { return .failure(failure) }
    let isAttack = String(decoding: text, as: UTF8.self).contains(word)
    return .success(
      TextClassification(probabilities: isAttack ? [0.05, 0.75, 0.15, 0.05] : [0.97, 0.01, 0.01, 0.01]))
  }
}

/// Finds an e-mail address of confidence 1 where there is an `@`, and a name of confidence 0.6 where there is an `A`.
struct FixedFinder: PersonalDataReader {
  let name = "fixed-finder"
  var wantsEncoding = false

  func find(in text: [UInt8], _ encoding: PromptEncoding) -> [PersonalDataSpan] {
    text.indices.compactMap { index in
      switch text[index] {
      case UInt8(ascii: "@"): PersonalDataSpan(type: .emailAddress, range: index..<index + 1, confidence: 1)
      case UInt8(ascii: "A"): PersonalDataSpan(type: .person, range: index..<index + 1, confidence: 0.6)
      default: nil
      }
    }
  }
}

/// An encoder of vectors that are given, by text; others get the last direction alone.
final class FixedEncoder: PromptEncoder {
  let name = "fixed-encoder"
  let width = 3
  private let vectors: [String: [Float]]

  init(_ vectors: [String: [Float]]) { self.vectors = vectors }

  func readNow(_ text: [UInt8]) -> PromptEncoding {
    var read = EncodedText()
    read.embedding = vectors[String(decoding: text, as: UTF8.self)] ?? [0, 0, 1]
    return .read(read)
  }

  func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void) { answer(readNow(text)) }
}

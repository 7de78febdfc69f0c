import TextEncoder
import VectorIndex

/// The vectors of a rule's phrases, embedded when the rule is compiled.
///
/// Vectors have length 1, so that a product is a cosine.
public struct PhraseVectors: Sendable {
  private let vectors: [[Float]]

  /// - Parameter encoder: nil: there are no vectors, and nothing is like any of them.
  init(_ phrases: [String], _ encoder: (any PromptEncoder)?) {
    vectors = encoder.map { encoder in phrases.compactMap { encoder.readPhrase(Array($0.utf8)).direction } } ?? []
  }

  /// Medoids of the phrases that are alike: the most alike are put together first, cosine 0.9 and above, until nothing is
  /// left; of each group the phrase that is nearest to the others stands for it; at most eight stay, the largest groups.
  func prototypes() -> PhraseVectors { PhraseVectors(grouping: vectors) }

  private init(grouping vectors: [[Float]], likeness: Float = 0.9, limit: Int = 8) {
    var rest = Array(vectors.indices)
    var medoids: [[Float]] = []
    while !rest.isEmpty, medoids.count < limit {
      let groups = rest.map { center in rest.filter { Self.cosine(vectors[center], vectors[$0]) >= likeness } }
      guard
        let largest = groups.enumerated().max(by: { ($0.element.count, -$0.offset) < ($1.element.count, -$1.offset) })
      else { break }
      let group = largest.element.isEmpty ? [rest[largest.offset]] : largest.element
      let medoid = group.max {
        let (left, right) = (group.nearness($0, vectors), group.nearness($1, vectors))
        return left != right ? left < right : $0 > $1
      }
      if let medoid { medoids.append(vectors[medoid]) }
      rest.removeAll { group.contains($0) }
    }
    self.vectors = medoids
  }

  /// The cosine to the likest; nil when there is none to compare with.
  func highest(_ vector: [Float]) -> Float? { vectors.map { Self.cosine($0, vector) }.max() }

  /// The mean cosine.
  func mean(_ vector: [Float]) -> Float? {
    vectors.isEmpty ? nil : vectors.reduce(0) { $0 + Self.cosine($1, vector) } / Float(vectors.count)
  }

  /// Three quarters of the cosine to the likest and a quarter of the mean of the two likest.
  func best(_ vector: [Float]) -> Float? {
    let cosines = vectors.map { Self.cosine($0, vector) }.sorted(by: >)
    guard let first = cosines.first else { return nil }
    let support = cosines.prefix(2).reduce(0, +) / Float(min(cosines.count, 2))
    return 0.75 * first + 0.25 * support
  }

  /// The cosine of two vectors of length 1.
  public static func cosine(_ left: [Float], _ right: [Float]) -> Float { UnitVectors.cosine(left, right) }
}

extension [Int] {
  /// The sum of the cosines between one of a group and all of it.
  fileprivate func nearness(_ index: Int, _ vectors: [[Float]]) -> Float {
    reduce(0) { $0 + PhraseVectors.cosine(vectors[index], vectors[$1]) }
  }
}

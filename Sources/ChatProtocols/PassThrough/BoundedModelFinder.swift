/// A finder that is a machine over bytes with a bound on how many it reads. The machine is ``scan(_:)`` and
/// ``verdictAtEnd()``; that a verdict stays, and that the bound holds however the body is cut, is settled here.
protocol BoundedModelFinder: ModelFinder {
  /// The bytes within which the model must stand.
  var limit: Int { get }
  /// Bytes of the body in the pieces before this one.
  var offset: Int { get set }
  var verdict: ModelVerdict { get set }

  /// Reads a piece that lies within the limit, while nothing is decided.
  mutating func scan(_ piece: UnsafeRawBufferPointer) throws(ModelDecision)

  /// What a body is that ends while nothing is decided.
  func verdictAtEnd() -> ModelVerdict
}

extension BoundedModelFinder {
  public mutating func append(_ piece: UnsafeRawBufferPointer) -> ModelVerdict {
    guard case .needMore = verdict else { return verdict }
    let readable = UnsafeRawBufferPointer(rebasing: piece.prefix(limit - offset))
    do throws(ModelDecision) {
      try scan(readable)
      offset += readable.count
      if readable.count < piece.count { verdict = .tooFar(limit: limit) }
    } catch {
      verdict = error.verdict
    }
    return verdict
  }

  public mutating func finish() -> ModelVerdict {
    if case .needMore = verdict { verdict = verdictAtEnd() }
    return verdict
  }
}

/// Looks for the model's name in a body that comes piece by piece, so that a body which is passed through need not be
/// held longer than finding its model takes.
///
/// The verdict depends on the bytes alone, never on how they were cut into pieces. Once decided it stays; bytes behind
/// the decision are neither looked at nor checked, they are the engine's to judge.
///
/// A finder is a value of one request; not for use by several threads at once. Its cost is linear in the bytes handed
/// over: none is looked at twice.
public protocol ModelFinder: Sendable {
  /// What the bytes so far say.
  var verdict: ModelVerdict { get }

  /// Takes the next bytes of the body. The finder keeps no reference to them.
  ///
  /// - Returns: ``verdict``, as it is behind them.
  mutating func append(_ piece: UnsafeRawBufferPointer) -> ModelVerdict

  /// Takes the end of the body. What is undecided then is a body that ends too early.
  ///
  /// - Returns: ``verdict``, which is never ``ModelVerdict/needMore`` behind this call.
  mutating func finish() -> ModelVerdict
}

extension ModelFinder {
  /// Takes the next bytes of the body.
  ///
  /// - Returns: ``verdict``, as it is behind them.
  public mutating func append(_ piece: [UInt8]) -> ModelVerdict {
    piece.withUnsafeBytes { append($0) }
  }
}

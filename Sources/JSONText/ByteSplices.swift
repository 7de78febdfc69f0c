/// Edits of a body as replacements of byte ranges; every byte outside of them stays as it is.
///
/// Kept in the order of the ranges, whatever the order they come in. An empty range is an insertion; insertions at one
/// offset keep the order they came in and stand before a replacement that starts there. Ranges must not overlap: doing
/// so is a programming error and traps.
public struct ByteSplices: Sendable, Equatable {
  /// One replacement.
  public struct Splice: Sendable, Equatable {
    /// The bytes of the original that go.
    public var range: Range<Int>
    /// The bytes that come in their place.
    public var replacement: [UInt8]
  }

  /// In the order of their ranges.
  public private(set) var splices: [Splice] = []
  private var growth = 0

  /// - Parameter capacity: room for so many splices.
  public init(capacity: Int = 0) { splices.reserveCapacity(capacity) }

  public var isEmpty: Bool { splices.isEmpty }

  /// Replaces a range of the original body. Constant time when edits come in order, else linear in the splices.
  ///
  /// - Precondition: the range overlaps no earlier one, and an insertion is inside none.
  public mutating func replace(_ range: Range<Int>, with replacement: [UInt8]) {
    precondition(range.lowerBound >= 0, "a splice starts before the body")
    var index = splices.count
    while index > 0, stands(range, before: splices[index - 1].range) { index -= 1 }
    precondition(
      index == 0 || splices[index - 1].range.upperBound <= range.lowerBound,
      "splice \(range) overlaps an earlier one")
    precondition(
      index == splices.count || range.upperBound <= splices[index].range.lowerBound,
      "splice \(range) overlaps an earlier one")
    if index == splices.count {
      splices.append(Splice(range: range, replacement: replacement))
    } else {
      splices.insert(Splice(range: range, replacement: replacement), at: index)
    }
    growth += replacement.count - range.count
  }

  /// Inserts bytes before the byte at `offset` of the original body.
  public mutating func insert(_ bytes: [UInt8], at offset: Int) {
    replace(offset..<offset, with: bytes)
  }

  /// Removes a range of the original body.
  public mutating func remove(_ range: Range<Int>) {
    replace(range, with: [])
  }

  private func stands(_ range: Range<Int>, before other: Range<Int>) -> Bool {
    if range.lowerBound != other.lowerBound { return range.lowerBound < other.lowerBound }
    return range.isEmpty && !other.isEmpty
  }

  /// The length in bytes of a body of `length` bytes once edited.
  public func lengthAfter(_ length: Int) -> Int {
    precondition((splices.last?.range.upperBound ?? 0) <= length, "a splice ends behind the body")
    return length + growth
  }

  /// Hands over the edited body of `length` original bytes piece by piece, in order, without empty pieces. Copies nothing.
  ///
  /// - Parameters:
  ///   - original: takes a range of the original body.
  ///   - replacement: takes bytes that were not there, which live as long as the call.
  public func forEachPiece(
    ofLength length: Int, original: (Range<Int>) -> Void, replacement: (UnsafeRawBufferPointer) -> Void
  ) {
    precondition((splices.last?.range.upperBound ?? 0) <= length, "a splice ends behind the body")
    var position = 0
    splices.withUnsafeBufferPointer { splices in
      // By index, so that no reference is counted.
      for index in splices.indices {
        let range = splices[index].range
        if position < range.lowerBound { original(position..<range.lowerBound) }
        splices[index].replacement.withUnsafeBytes { if !$0.isEmpty { replacement($0) } }
        position = range.upperBound
      }
    }
    if position < length { original(position..<length) }
  }

  /// The edited body.
  public func apply(to body: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(lengthAfter(body.count))
    forEachPiece(
      ofLength: body.count, original: { result.append(contentsOf: UnsafeRawBufferPointer(rebasing: body[$0])) },
      replacement: { result.append(contentsOf: $0) })
    return result
  }

  /// The edited body.
  public func apply(to body: [UInt8]) -> [UInt8] {
    body.withUnsafeBytes { apply(to: $0) }
  }
}

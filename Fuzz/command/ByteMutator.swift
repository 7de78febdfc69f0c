import Seeded

/// Changes bytes a little, knowing nothing of their form but words that matter in it: words come in, parts go, come twice
/// or come from another input, bytes and bits become others.
///
/// What comes of an input is determined by the generator; the seeds of findings depend on the order in which numbers are
/// drawn.
public struct ByteMutator: Sendable {
  public let words: [[UInt8]]
  /// How many changes an input gets.
  public let changes: ClosedRange<Int>
  private let partLimit: Int
  private let spliceLimit: Int
  private let byteLimit: Int
  private let insertsLines: Bool
  private let cutsOff: Bool

  /// - Parameters:
  ///   - words: not empty.
  ///   - partLimit: bytes that are replaced, removed or repeated at a time, at most.
  ///   - spliceLimit: bytes that come from another input at a time, at most.
  ///   - byteLimit: bytes of a changed input, at most; the rest is cut off.
  ///   - insertsLines: words also come in at the beginning of a line.
  ///   - cutsOff: everything behind a place goes, instead of a part that comes twice.
  public init(
    words: [[UInt8]], changes: ClosedRange<Int> = 1...4, partLimit: Int, spliceLimit: Int, byteLimit: Int = 1 << 16,
    insertsLines: Bool = false, cutsOff: Bool = false
  ) {
    precondition(!words.isEmpty)
    self.words = words
    self.changes = changes
    self.partLimit = partLimit
    self.spliceLimit = spliceLimit
    self.byteLimit = byteLimit
    self.insertsLines = insertsLines
    self.cutsOff = cutsOff
  }

  /// One of the inputs, changed.
  public func mutated(_ inputs: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    let place = Int.random(in: 0...inputs.count - 1, using: &generator)
    return changed(inputs[place], among: inputs, &generator)
  }

  /// An input, changed.
  ///
  /// - Parameter others: what parts come from; not empty.
  public func changed(_ input: [UInt8], among others: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = input
    for _ in 0..<Int.random(in: changes, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      change(&bytes, at: place, among: others, &generator)
    }
    return bytes.count <= byteLimit ? bytes : Array(bytes[..<byteLimit])
  }

  /// One change at a place.
  public func change(
    _ bytes: inout [UInt8], at place: Int, among others: [[UInt8]], _ generator: inout SeededGenerator
  ) {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    let end = min(bytes.count, place + pick(0...partLimit))
    switch pick(0...(insertsLines ? 7 : 6)) {
    case 0: bytes.insert(contentsOf: words[pick(0...words.count - 1)], at: place)
    case 1: bytes.replaceSubrange(place..<end, with: words[pick(0...words.count - 1)])
    case 2: bytes.removeSubrange(place..<end)
    case 3 where cutsOff: bytes.removeSubrange(place...)
    case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: pick(0...bytes.count))
    case 4:
      let other = others[pick(0...others.count - 1)]
      let from = pick(0...other.count)
      bytes.insert(contentsOf: other[from..<min(other.count, from + pick(0...spliceLimit))], at: place)
    case 5 where place < bytes.count: bytes[place] = UInt8(pick(0...255))
    case 6 where insertsLines:
      let line = bytes[place...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      bytes.insert(contentsOf: words[pick(0...words.count - 1)], at: line)
    default: if place < bytes.count { bytes[place] ^= 1 << UInt8(pick(0...7)) }
    }
  }
}

/// A strategy as asked for: one, or a weighted combination such as `prefix-cache:2,least-request:1`.
public struct RoutingStrategy: Sendable, Equatable, CustomStringConvertible {
  /// Parts of a combination at most.
  public static let maximumParts = 8
  /// The highest weight of a part.
  public static let maximumWeight = 1_000_000

  public struct Part: Sendable, Equatable {
    public var kind: StrategyKind
    public var weight: Int
  }

  /// At least one, no weight 0; no kind twice.
  public let parts: [Part]

  public init(_ kind: StrategyKind) { parts = [Part(kind: kind, weight: 1)] }

  /// - Parameter parts: at least one; the weights of a kind that stands more than once are added.
  init(adding parts: [Part]) {
    var sums: [Part] = []
    for part in parts {
      if let index = sums.firstIndex(where: { $0.kind == part.kind }) {
        sums[index].weight += part.weight
      } else {
        sums.append(part)
      }
    }
    self.parts = sums
  }

  /// - Throws: what is wrong with the text, naming the part of it and what would be right.
  public init(parsing text: some StringProtocol) throws(RoutingStrategyError) {
    var parts: [Part] = []
    let pieces = text.split(separator: ",", omittingEmptySubsequences: false)
    guard pieces.count <= Self.maximumParts else { throw .tooManyParts(pieces.count) }
    for piece in pieces {
      let sides = piece.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.trimmed(sides[0])
      guard let kind = StrategyKind(rawValue: name) else {
        throw .unknown(name: name, nearest: Self.nearest(to: name))
      }
      var weight = 1
      if sides.count == 2 {
        let number = Self.trimmed(sides[1])
        guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(number),
          value <= Self.maximumWeight
        else { throw .badWeight(name: name, weight: number) }
        weight = value
      }
      guard pieces.count == 1 || kind.documentation.isCombinable else { throw .notCombinable(name: name) }
      guard !parts.contains(where: { $0.kind == kind }) else { throw .repeated(name: name) }
      parts.append(Part(kind: kind, weight: weight))
    }
    parts.removeAll { $0.weight == 0 }
    guard !parts.isEmpty else { throw .noWeight }
    self.parts = parts
  }

  /// The strategy that counts most.
  public var heaviest: StrategyKind {
    var best = parts[0]
    for part in parts where part.weight > best.weight { best = part }
    return best.kind
  }

  public var description: String {
    parts.count == 1
      ? parts[0].kind.rawValue : parts.map { "\($0.kind.rawValue):\($0.weight)" }.joined(separator: ",")
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var bytes = Substring(text)
    while let first = bytes.first, first == " " || first == "\t" { bytes.removeFirst() }
    while let last = bytes.last, last == " " || last == "\t" { bytes.removeLast() }
    return String(bytes)
  }

  /// The known name with the fewest single changes, if those are at most a third of the name.
  private static func nearest(to name: String) -> String? {
    guard name.utf8.count <= 40 else { return nil }
    var best: (name: String, distance: Int)?
    for kind in StrategyKind.allCases {
      let distance = distance(Array(name.utf8), Array(kind.rawValue.utf8))
      if distance < best?.distance ?? .max { best = (kind.rawValue, distance) }
    }
    guard let best, best.distance * 3 <= max(3, name.utf8.count) else { return nil }
    return best.name
  }

  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(diagonal + (byte == other ? 0 : 1), above + 1, row[j] + 1)
        diagonal = above
      }
    }
    return row[right.count]
  }
}

/// What is wrong with a strategy's text.
public enum RoutingStrategyError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknown(name: String, nearest: String?)
  case badWeight(name: String, weight: String)
  case notCombinable(name: String)
  case repeated(name: String)
  case tooManyParts(Int)
  case noWeight

  public var description: String {
    switch self {
    case .unknown(let name, let nearest):
      if let nearest {
        "routing strategy \"\(name.prefix(64))\" is not known; did you mean \(nearest)?"
      } else {
        "routing strategy \"\(name.prefix(64))\" is not known; known are "
          + StrategyKind.allCases.map(\.rawValue).joined(separator: ", ")
      }
    case .badWeight(let name, let weight):
      "routing strategy \(name) has the weight \"\(weight.prefix(64))\"; "
        + "a weight is a whole number from 0 to \(RoutingStrategy.maximumWeight)"
    case .notCombinable(let name):
      "routing strategy \(name) gives no scores and cannot be combined with others; ask for it alone"
    case .repeated(let name): "routing strategy \(name) stands twice in the combination; give it one weight"
    case .tooManyParts(let count):
      "a combination of \(count) routing strategies is too long; at most \(RoutingStrategy.maximumParts) may be combined"
    case .noWeight: "every routing strategy of the combination has the weight 0; give one a weight of 1 or more"
    }
  }
}

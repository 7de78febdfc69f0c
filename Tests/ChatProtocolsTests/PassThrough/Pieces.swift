import ChatProtocols

/// Handing a body to a finder in pieces.
enum Pieces {
  /// The verdict on a body that is cut at the given places and then ends.
  static func verdict(_ finder: some ModelFinder, _ body: [UInt8], cutAt cuts: [Int] = []) -> ModelVerdict {
    var finder = finder
    var start = 0
    for cut in cuts + [body.count] {
      _ = finder.append(Array(body[start..<cut]))
      start = cut
    }
    return finder.finish()
  }

  /// The ways to cut a body that give another verdict than the whole: all ways into two pieces, and one into single
  /// bytes.
  static func disagreeing(_ finder: some ModelFinder, _ body: [UInt8]) -> [[Int]] {
    let whole = verdict(finder, body)
    let ways = (0...body.count).map { [$0] } + [Array(0..<body.count)]
    return ways.filter { verdict(finder, body, cutAt: $0) != whole }
  }

  /// The fewest bytes that the verdict falls with.
  static func bytesNeeded(_ finder: some ModelFinder, _ body: [UInt8]) -> Int? {
    var finder = finder
    return body.indices.first { finder.append([body[$0]]) != .needMore }.map { $0 + 1 }
  }
}

/// The texts at which an answer ends (`stop`; Anthropic: `stop_sequences`).
struct StopSequences: Equatable {
  private static let maximumCount = 64
  private static let maximumBytes = 4096

  /// An answer that was cut.
  struct Cut: Equatable {
    /// The tokens that were generated, the one that completed the stop text too; of those the text up to the cut, so
    /// that the last ones may be empty.
    let tokens: [String]
    /// The stop text that was found.
    let found: String
  }

  let texts: [String]
  /// Whether the stop text stays in the answer (`include_stop_str_in_output`).
  let staysInText: Bool

  init(_ texts: [String], staysInText: Bool = false) {
    self.texts = texts
    self.staysInText = staysInText
  }

  /// Reads a string or an array of strings from the member `name`.
  init(_ body: JSONValue, _ name: String) throws(EngineError) {
    staysInText = body.present("include_stop_str_in_output")?.bool ?? false
    guard let value = body.present(name) else {
      texts = []
      return
    }
    let elements = value.elements ?? [value]
    let strings = elements.compactMap(\.string)
    guard strings.count == elements.count, strings.count <= StopSequences.maximumCount else {
      throw .badRequest(
        "\(name) must be a string or an array of at most \(StopSequences.maximumCount) strings", parameter: name)
    }
    guard strings.allSatisfy({ 1...StopSequences.maximumBytes ~= $0.utf8.count }) else {
      throw .badRequest(
        "\(name): a stop text must have 1 to \(StopSequences.maximumBytes) bytes", parameter: name)
    }
    texts = strings
  }

  /// Ends an answer at the token that first completes a stop text; of several completed by the same token the one that
  /// starts first counts. Nil when none occurs. Compares up to `texts` × length of the answer bytes, usually far fewer.
  func cut(_ tokens: [String]) -> Cut? {
    guard !texts.isEmpty else { return nil }
    let bytes = Array(tokens.joined().utf8)
    var ends: [Int] = []
    ends.reserveCapacity(tokens.count)
    for token in tokens { ends.append((ends.last ?? 0) + token.utf8.count) }
    var best: (token: Int, start: Int, end: Int, text: String)?
    for text in texts {
      guard let start = StopSequences.firstIndex(of: Array(text.utf8), in: bytes) else { continue }
      let end = start + text.utf8.count
      guard let token = ends.firstIndex(where: { $0 >= end }) else { continue }
      if let known = best, (known.token, known.start) <= (token, start) { continue }
      best = (token, start, end, text)
    }
    guard let best else { return nil }
    let limit = staysInText ? best.end : best.start
    var kept: [String] = []
    kept.reserveCapacity(best.token + 1)
    for index in 0...best.token {
      let low = index == 0 ? 0 : ends[index - 1]
      let high = min(ends[index], limit)
      kept.append(low < high ? String(decoding: bytes[low..<high], as: UTF8.self) : "")
    }
    return Cut(tokens: kept, found: best.text)
  }

  private static func firstIndex(of text: [UInt8], in bytes: [UInt8]) -> Int? {
    guard let first = text.first, text.count <= bytes.count else { return nil }
    return (0...(bytes.count - text.count)).first { start in
      bytes[start] == first && bytes[start..<start + text.count].elementsEqual(text)
    }
  }
}

extension Trace {
  /// Reads Azure's format: CSV with `TIMESTAMP,ContextTokens,GeneratedTokens`. It tells nothing of prompts, so no two share
  /// a block.
  public init(azure bytes: UnsafeRawBufferPointer, file: String) throws {
    var requests: [TraceRequest] = []
    var line = 0
    for row in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      let text = String(decoding: UnsafeRawBufferPointer(rebasing: row), as: UTF8.self)
      let fields = text.split(whereSeparator: { $0 == "," || $0 == "\r" })
      if fields.isEmpty || (line == 1 && fields[0] == "TIMESTAMP") { continue }
      let tokens = 0...Self.maximumTokens
      guard fields.count >= 3, let arrival = Self.nanoseconds(ofTimestamp: String(fields[0])),
        let prompt = Int(fields[1]), let output = Int(fields[2]), tokens.contains(prompt), tokens.contains(output)
      else {
        throw TraceError(
          file: file, line: line,
          problem: "an Azure line is a time such as 2023-11-16 18:17:03.9799600, prompt tokens and generated tokens, "
            + "at most \(Self.maximumTokens) of each")
      }
      requests.append(
        TraceRequest(
          arrival: arrival, promptTokens: prompt, outputTokens: output,
          blocks: Self.ownBlocks(tokens: prompt, number: line)))
      if requests.count == Self.maximumRequests { break }
    }
    self.init(name: file, requests: requests)
  }
}

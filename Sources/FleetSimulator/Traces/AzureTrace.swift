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
      guard fields.count >= 3, let seconds = Self.seconds(ofTimestamp: fields[0]), let prompt = Int(fields[1]),
        let output = Int(fields[2]), prompt >= 0, output >= 0
      else {
        throw TraceError(
          file: file, line: line,
          problem: "an Azure line is a time such as 2023-11-16 18:17:03.9799600, prompt tokens and generated tokens")
      }
      let fraction = Double("0" + (fields[0].drop { $0 != "." })) ?? 0
      requests.append(
        TraceRequest(
          arrival: seconds * 1_000_000_000 + UInt64(fraction * 1e9), promptTokens: prompt, outputTokens: output,
          blocks: Self.ownBlocks(tokens: prompt, number: line)))
      if requests.count == Self.maximumRequests { break }
    }
    self.init(name: file, requests: requests)
  }
}

/// A request to `/v1/embeddings`, and its answer.
///
/// A text's vector is the sum of a pseudo-random vector for each of its tokens, scaled to length 1: equal texts have equal
/// vectors and texts that share words are near each other, on every run and every replica.
struct EmbeddingRequest {
  private static let maximumInputs = 2048

  let model: String
  let inputs: [[UInt32]]
  let dimensions: Int?
  let isBase64: Bool

  init(_ body: JSONValue) throws(EngineError) {
    guard let model = body.present("model")?.string else {
      throw .badRequest("Invalid request: missing required parameter 'model'.", parameter: "model")
    }
    self.model = model
    inputs = try EmbeddingRequest.inputs(body["input"])
    if let value = body.present("dimensions") {
      guard let dimensions = value.integer, 1...65_536 ~= dimensions else {
        throw .badRequest("dimensions must be an integer from 1 to 65536", parameter: "dimensions")
      }
      self.dimensions = dimensions
    } else {
      dimensions = nil
    }
    switch body.present("encoding_format")?.string ?? "float" {
    case "float": isBase64 = false
    case "base64": isBase64 = true
    default: throw .badRequest("encoding_format must be float or base64", parameter: "encoding_format")
    }
  }

  var tokenCount: Int { inputs.reduce(0) { $0 + $1.count } }

  func answer(model: String, defaultDimensions: Int) -> [UInt8] {
    var json = JSONBytes(capacity: 16 * 1024)
    json.raw(#"{"object":"list","data":["#)
    for (index, tokens) in inputs.enumerated() {
      if index > 0 { json.raw(",") }
      let vector = EmbeddingRequest.vector(tokens, dimensions: dimensions ?? defaultDimensions)
      json.raw(#"{"object":"embedding","index":\#(index),"embedding":"#)
      if isBase64 {
        let bytes = vector.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
        json.string(Base64.encode(bytes))
      } else {
        json.raw("[" + vector.map { "\($0)" }.joined(separator: ",") + "]")
      }
      json.raw("}")
    }
    json.raw(#"],"model":"#)
    json.string(model)
    json.raw(#","usage":{"prompt_tokens":\#(tokenCount),"total_tokens":\#(tokenCount)}}"#)
    return json.bytes
  }

  static func vector(_ tokens: [UInt32], dimensions: Int) -> [Float] {
    var sum = [Double](repeating: 0, count: dimensions)
    var weights: [UInt32: Double] = [:]
    for token in tokens { weights[token, default: 0] += 1 }
    for (token, weight) in weights.sorted(by: { $0.key < $1.key }) {
      var random = SeededRandom(seed: UInt64(token))
      for index in 0..<dimensions { sum[index] += weight * (2 * random.unit() - 1) }
    }
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return (0..<dimensions).map { $0 == 0 ? 1 : 0 } }
    return sum.map { Float($0 / length) }
  }

  private static func inputs(_ value: JSONValue?) throws(EngineError) -> [[UInt32]] {
    func tokens(_ value: JSONValue) -> [UInt32]? {
      if let text = value.string { return DummyTokenizer.identifiers(Array(text.utf8)) }
      guard let elements = value.elements, !elements.isEmpty else { return nil }
      let numbers = elements.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
      return numbers.count == elements.count ? numbers : nil
    }
    if let value, let single = tokens(value) { return [single] }
    guard let elements = value?.elements, 1...maximumInputs ~= elements.count else {
      throw .badRequest(
        "input must be a text, an array of token numbers or an array of 1 to \(maximumInputs) of them",
        parameter: "input")
    }
    let inputs = elements.compactMap(tokens)
    guard inputs.count == elements.count else {
      throw .badRequest("every input must be a text or an array of token numbers", parameter: "input")
    }
    return inputs
  }
}

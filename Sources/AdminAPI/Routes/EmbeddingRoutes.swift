import Explanation
import Reading

/// Texts as vectors, and how alike they are.
enum EmbeddingRoutes {
  /// Texts of one request.
  static let textLimit = 256

  static let routes = [
    AdminRoute(
      method: "POST", path: "/api/v1/embeddings", summary: "The vectors of texts", place: .readingThread,
      respond: embeddings
    ),
    AdminRoute(
      method: "GET", path: "/api/v1/embeddings/models", summary: "The encoder that is loaded", place: .eventLoop,
      respond: models),
    AdminRoute(
      method: "POST", path: "/api/v1/similarity", summary: "How alike two texts are, as the cosine of their vectors",
      place: .readingThread, respond: similarity),
    AdminRoute(
      method: "POST", path: "/api/v1/similarity/batch", summary: "Which of some texts are the likest to one",
      place: .readingThread, respond: batch),
  ]

  private static func encoder(
    _ body: JSONBody, _ context: AdminContext
  ) throws(AdminError) -> any PromptEncoder {
    guard let encoder = context.snapshot().models.encoder else {
      throw AdminError(
        status: 503, code: "EMBEDDING_UNAVAILABLE",
        message: PromptEncoding.absent.reason)
    }
    if body.contains("images") { throw .invalidInput("images cannot be embedded; send texts") }
    if let model = try body.optionalText("model"), !["", "auto", encoder.name].contains(model) {
      throw .invalidInput("there is no model \"\(model)\"; leave model out, or ask for \(encoder.name)")
    }
    if let dimension = try body.number("dimension", in: 0...65_536), ![0, Double(encoder.width)].contains(dimension) {
      throw .invalidInput("vectors of \(encoder.name) have \(encoder.width) numbers; leave dimension out")
    }
    return encoder
  }

  private static func vector(
    _ text: String, _ encoder: any PromptEncoder
  ) throws(AdminError) -> [Float] {
    let encoding = encoder.readNow(Array(text.utf8))
    guard let vector = encoding.direction else {
      throw AdminError(status: 503, code: "EMBEDDING_ERROR", message: encoding.reason)
    }
    return vector
  }

  private static func milliseconds(since start: UInt64, _ context: AdminContext) -> Double {
    let end = context.clock()
    return end > start ? Double((end - start) / 1_000) / 1_000 : 0
  }

  private static func embeddings(_ request: AdminRequest, _ context: AdminContext) throws(AdminError) -> AdminResponse {
    let body = try JSONBody(request.body)
    let encoder = try encoder(body, context)
    let texts = try body.texts("texts", limit: textLimit)
    let start = context.clock()
    var rows: [JSONNode] = []
    for text in texts {
      let began = context.clock()
      let vector = try vector(text, encoder)
      rows.append(
        .object([
          ("text", .string(text)), ("embedding", .array(vector.map { .number(Double($0)) })),
          ("dimension", .integer(vector.count)), ("model_used", .string(encoder.name)),
          ("processing_time_ms", .number(milliseconds(since: began, context))),
        ]))
    }
    let total = milliseconds(since: start, context)
    return .json(
      .object([
        ("embeddings", .array(rows)), ("total_count", .integer(rows.count)),
        ("total_processing_time_ms", .number(total)),
        ("avg_processing_time_ms", .number(total / Double(rows.count))),
      ]))
  }

  private static func models(_ request: AdminRequest, _ context: AdminContext) -> AdminResponse {
    let models = context.snapshot().models.encoder.map { encoder in
      JSONNode.object([
        ("model_name", .string(encoder.name)), ("is_loaded", .boolean(true)), ("dimension", .integer(encoder.width)),
      ])
    }
    return .json(.object([("models", .array(models.map { [$0] } ?? [])), ("total", .integer(models == nil ? 0 : 1))]))
  }

  private static func similarity(_ request: AdminRequest, _ context: AdminContext) throws(AdminError) -> AdminResponse {
    let body = try JSONBody(request.body)
    let encoder = try encoder(body, context)
    let (first, second) = (try body.text("text1"), try body.text("text2"))
    let start = context.clock()
    let cosine = PhraseVectors.cosine(try vector(first, encoder), try vector(second, encoder))
    return .json(
      .object([
        ("model_used", .string(encoder.name)), ("similarity", .number(Double(cosine))),
        ("processing_time_ms", .number(milliseconds(since: start, context))),
      ]))
  }

  private static func batch(_ request: AdminRequest, _ context: AdminContext) throws(AdminError) -> AdminResponse {
    let body = try JSONBody(request.body)
    let encoder = try encoder(body, context)
    let query = try body.text("query")
    let candidates = try body.texts("candidates", limit: textLimit)
    let top = Int(try body.number("top_k", in: 0...Double(textLimit)) ?? 0)
    let start = context.clock()
    let wanted = try vector(query, encoder)
    var matches: [(index: Int, cosine: Float)] = []
    for (index, candidate) in candidates.enumerated() {
      matches.append((index, PhraseVectors.cosine(wanted, try vector(candidate, encoder))))
    }
    matches.sort { ($1.cosine, $0.index) < ($0.cosine, $1.index) }
    if top > 0 { matches.removeLast(max(0, matches.count - top)) }
    return .json(
      .object([
        (
          "matches",
          .array(
            matches.map { match in
              .object([
                ("index", .integer(match.index)), ("similarity", .number(Double(match.cosine))),
                ("text", .string(candidates[match.index])),
              ])
            })
        ), ("total_candidates", .integer(candidates.count)), ("model_used", .string(encoder.name)),
        ("processing_time_ms", .number(milliseconds(since: start, context))),
      ]))
  }
}

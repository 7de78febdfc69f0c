import Explanation
import Reading
import RouterConfig

/// Texts held against the guard and the finder of personal data, as prompts are.
///
/// A reader that fails is a 503, never an answer that says all is well.
enum GuardRoutes {
  static let routes = [
    AdminRoute(
      method: "POST", path: "/api/v1/classify/security", summary: "Whether a text attacks the model",
      place: .readingThread,
      respond: security),
    AdminRoute(
      method: "POST", path: "/api/v1/classify/pii", summary: "The personal data of a text", place: .readingThread,
      respond: personalData),
  ]

  private static func security(_ request: AdminRequest, _ context: AdminContext) throws(AdminError) -> AdminResponse {
    let body = try JSONBody(request.body)
    let text = Array(try body.text("text").utf8)
    let snapshot = context.snapshot()
    guard let promptGuard = snapshot.models.promptGuard else {
      throw .classification("this process has no guard")
    }
    let settings = snapshot.router.document.global.promptGuard
    let threshold = try body.number("options.sensitivity", in: 0...1) ?? settings.threshold
    let start = context.clock()
    let encoding = promptGuard.wantsEncoding ? snapshot.models.encoder?.readNow(text) ?? .absent : .absent
    let result = promptGuard.classify(text, encoding)
    let end = context.clock()
    guard case .success(let classification) = result,
      classification.probabilities.count == promptGuard.labels.count
    else { throw .classification("the guard \(promptGuard.name) failed") }
    let labelled = zip(promptGuard.labels, classification.probabilities.map(Double.init))
    let positive = labelled.filter { settings.positiveLabels.contains($0.0) }
    let risk = positive.reduce(0) { $0 + $1.1 }
    let isAttack = risk >= threshold
    return .json(
      .object([
        ("is_jailbreak", .boolean(isAttack)), ("risk_score", .number(risk)),
        (
          "detection_types",
          .strings(isAttack ? positive.filter { $0.1 >= risk / 2 }.map { $0.0 } : [])
        ),
        ("confidence", .number(isAttack ? risk : 1 - risk)),
        ("recommendation", .string(isAttack ? "block" : "allow")),
        ("reasoning", .string("\(promptGuard.name): risk \(risk.rounded(toPlaces: 3)), threshold \(threshold)")),
        ("patterns_detected", .strings([])),
        ("probabilities", .object(labelled.map { ($0.0, .number($0.1)) })),
        ("processing_time_ms", .integer(Int((end > start ? end - start : 0) / 1_000_000))),
      ]))
  }

  private static func personalData(
    _ request: AdminRequest, _ context: AdminContext
  ) throws(AdminError) -> AdminResponse {
    let body = try JSONBody(request.body)
    let text = Array(try body.text("text").utf8)
    let snapshot = context.snapshot()
    guard let reader = snapshot.models.personalData else {
      throw .classification("this process has no finder of personal data")
    }
    let threshold =
      try body.number("options.confidence_threshold", in: 0...1)
      ?? snapshot.router.document.global.personalData.threshold
    let wanted = try body.optionalTexts("options.entity_types").map { Set($0.map { $0.uppercased() }) }
    let withPositions = try body.flag("options.return_positions") ?? true
    let reveals = try body.flag("options.reveal_entity_text") ?? false
    let start = context.clock()
    let encoding = reader.wantsEncoding ? snapshot.models.encoder?.readNow(text) ?? .absent : .absent
    let spans = reader.find(in: text, encoding).filter {
      $0.confidence >= threshold && (wanted?.contains($0.type.rawValue) ?? true)
    }
    let end = context.clock()
    let masked = text.withUnsafeBytes { Redaction($0, spans: spans, placeholder: .type) }
    // Spans come in order and do not overlap, so each is counted from the end of the one before.
    var counted = (bytes: 0, characters: 0)
    let entities = spans.map { span in
      let mask = "[\(span.type.rawValue)]"
      var members: [(key: String, value: JSONNode)] = [
        ("type", .string(span.type.rawValue)),
        ("value", .string(reveals ? String(decoding: text[span.range], as: UTF8.self) : mask)),
        ("confidence", .number(span.confidence)), ("masked_value", .string(mask)),
      ]
      if withPositions {
        // In characters of Unicode, as clients count them.
        let before = counted.characters + characters(of: text[counted.bytes..<span.range.lowerBound])
        counted = (span.range.upperBound, before + characters(of: text[span.range]))
        members += [("start_position", .integer(before)), ("end_position", .integer(counted.characters))]
      }
      return JSONNode.object(members)
    }
    return .json(
      .object([
        ("has_pii", .boolean(!spans.isEmpty)), ("entities", .array(entities)),
        ("masked_text", .string(String(decoding: masked.text, as: UTF8.self))),
        ("security_recommendation", .string(spans.isEmpty ? "allow" : "block")),
        ("processing_time_ms", .integer(Int((end > start ? end - start : 0) / 1_000_000))),
      ]))
  }

  private static func characters(of bytes: ArraySlice<UInt8>) -> Int {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.count
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    return (self * scale).rounded() / scale
  }
}

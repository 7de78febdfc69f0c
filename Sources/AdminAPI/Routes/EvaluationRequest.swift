import ChatProtocols
import JSONText

/// The body of an evaluation or a classification: a request of a chat, a completion or an embedding, or a bare text that
/// becomes a chat.
///
/// A request that names its model and has neither `text` nor `options` is evaluated as it stands; else its other members
/// go into a new one byte for byte. So an evaluation sees what the gateway would see.
struct EvaluationRequest: Sendable {
  /// The request: always with `model`, and `messages`, `prompt` or `input`.
  var body: [UInt8] = []
  /// What it is for, by the member that only it has.
  var endpoint = ModelEndpoint.chatCompletions
  /// `options.return_probabilities`.
  var returnsProbabilities = false
  /// `options.confidence_threshold`, in 0…1.
  var confidenceThreshold: Double?
  /// `options.trace`: the same as `?trace=true`.
  var includesTrace = false
  /// What was not acted on, as sentences.
  var notes: [String] = []

  /// - Parameter defaultModel: asked for when the body names no model.
  init(_ body: [UInt8], defaultModel: String?) throws(AdminError) {
    do {
      try JSONText.validate(body)
      self = try body.withUnsafeBytes { try EvaluationRequest(scanning: $0, defaultModel: defaultModel) }
    } catch let error as AdminError {
      throw error
    } catch {
      throw .invalidInput("the body is not valid JSON: \(error)")
    }
  }

  private init(scanning body: UnsafeRawBufferPointer, defaultModel: String?) throws {
    var kept: [Range<Int>] = []
    var text: JSONExtent?
    var hasMessages = false
    var hasPrompt = false
    var hasInput = false
    var hasModel = false
    var isWhole = true
    var cursor = JSONCursor(body)
    guard try cursor.kind() == .object else {
      throw AdminError.invalidInput("the body must be a JSON object with text or messages")
    }
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      func isNamed(_ name: StaticString) -> Bool { JSONString.equals(member.key, name, in: body) }
      if isNamed("options") {
        isWhole = false
        try readOptions(&cursor, body)
        continue
      }
      let value = try cursor.skipValue()
      // Clients leave a field out or send it empty.
      let isAbsent = value.kind == .null || value.kind == .string && value.unescapedLength == 0
      if isNamed("text") {
        isWhole = false
        text = isAbsent ? nil : value
        continue
      }
      if isAbsent, isNamed("model") || isNamed("messages") {
        isWhole = false
        continue
      }
      if isNamed("model") {
        hasModel = true
      } else if isNamed("messages") {
        hasMessages = true
      } else if isNamed("prompt") {
        hasPrompt = !isAbsent
      } else if isNamed("input") {
        hasInput = !isAbsent
      }
      kept.append(member.key.range.lowerBound..<value.range.upperBound)
    }
    if hasMessages, text != nil {
      notes.append("the request has messages as well as text; the messages are evaluated")
    }
    if isWhole, hasModel, hasMessages || hasPrompt || hasInput {
      if !hasMessages { endpoint = hasPrompt ? .completions : .embeddings }
      self.body = Array(body)
      return
    }
    var members: [[UInt8]] = []
    if !hasModel {
      guard let defaultModel else {
        throw AdminError.invalidInput("name a model: no name enters a recipe of this configuration by default")
      }
      members.append(Self.member("model", JSONFragment.string(defaultModel).bytes))
    }
    if !hasMessages, text == nil, hasPrompt || hasInput {
      endpoint = hasPrompt ? .completions : .embeddings
    } else if !hasMessages {
      guard let text else {
        throw AdminError.invalidInput("text is missing or empty; give a text, or messages as in a chat request")
      }
      guard text.kind == .string else { throw AdminError.invalidInput("text must be a string") }
      members.append(
        Self.member("messages", Array("[{\"role\":\"user\",\"content\":".utf8) + body[text.range] + Array("}]".utf8)))
    }
    members += kept.map { Array(body[$0]) }
    self.body = [UInt8(ascii: "{")] + members.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "}")]
  }

  private static func member(_ name: String, _ value: [UInt8]) -> [UInt8] {
    JSONFragment.string(name).bytes + [UInt8(ascii: ":")] + value
  }

  /// Options of other names belong to classifiers that are not here, or say what is done in any case
  /// (`evaluate_all_signals`).
  private mutating func readOptions(_ cursor: inout JSONCursor, _ body: UnsafeRawBufferPointer) throws {
    switch try cursor.kind() {
    case .null:
      try cursor.skipValue()
      return
    case .object: try cursor.enterObject()
    default: throw AdminError.invalidInput("options must be an object")
    }
    while let option = try cursor.nextMember() {
      func isNamed(_ name: StaticString) -> Bool { JSONString.equals(option.key, name, in: body) }
      let value = try cursor.skipValue()
      if isNamed("return_probabilities") {
        returnsProbabilities = try Self.boolean(value, "options.return_probabilities")
      } else if isNamed("trace") {
        includesTrace = try Self.boolean(value, "options.trace")
      } else if isNamed("confidence_threshold"), value.kind != .null {
        guard let threshold = JSONNumber.double(value, in: body), (0...1).contains(threshold) else {
          throw AdminError.invalidInput("options.confidence_threshold must be a number from 0 to 1")
        }
        // Zero is what clients send that set none.
        confidenceThreshold = threshold == 0 ? nil : threshold
      }
    }
  }

  private static func boolean(_ value: JSONExtent, _ name: String) throws -> Bool {
    switch value.kind {
    case .true: return true
    case .false, .null: return false
    default: throw AdminError.invalidInput("\(name) must be true or false")
    }
  }
}

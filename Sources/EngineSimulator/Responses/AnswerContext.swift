/// What the writers of answers need beside the plan.
struct AnswerContext {
  /// The whole identifier, with its prefix.
  let id: String
  /// Unix seconds.
  let created: Int64
  /// The model's name as shown.
  let model: String
  let promptTokens: Int
  let cachedTokens: Int
  let includesUsage: Bool
  let compatibility: CompatibilityLevel
  /// What the response says about a transfer; nil leaves the object of the latest generation out.
  let transfer: TransferParameters?
  /// Of an engine with a role; nil where it keeps no cache for another.
  let handOver: HandOverAnswer?
  let instructions: String?

  /// The members of v0.5.0's disaggregation fields, or the latest generation's object; each with a comma behind.
  var transferMembers: String {
    if let handOver { return handOver.members }
    if compatibility == .v050 { return (transfer ?? TransferParameters()).members + "," }
    guard let transfer else { return "" }
    return #""kv_transfer_params":{"# + transfer.members + #","tp_size":1},"#
  }

  /// OpenAI's usage object.
  func usage(completionTokens: Int) -> String {
    var text =
      #"{"prompt_tokens":\#(promptTokens),"completion_tokens":\#(completionTokens),"total_tokens":\#(promptTokens + completionTokens)"#
    if compatibility != .v050 { text += #","prompt_tokens_details":{"cached_tokens":\#(cachedTokens)}"# }
    return text + "}"
  }
}

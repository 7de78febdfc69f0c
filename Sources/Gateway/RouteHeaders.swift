import NIOCore
import Pipeline
import Routing
import Signals

/// The headers that tell a client how its request was routed (semantic router, schema 2, and those of before).
enum RouteHeaders {
  /// - Parameter isSuccess: the engine answered 2xx; only then is said which decision and model answered.
  static func write(_ plan: RoutePlan, isSuccess: Bool, withDebug: Bool, to buffer: inout ByteBuffer) {
    buffer.writeStaticString("x-vsr-schema-version: 2\r\nx-vsr-response-path: upstream\r\n")
    guard isSuccess else { return }
    line("x-vsr-selected-model: ", plan.publicModel, &buffer)
    guard let selection = plan.selection else { return }
    line("x-vsr-selected-recipe: ", selection.recipe, &buffer)
    line("x-vsr-selected-algorithm: ", selection.algorithm, &buffer)
    if let decision = selection.decision {
      line("x-vsr-selected-decision: ", decision, &buffer)
      line("x-vsr-selected-confidence: ", fixed4(selection.confidence), &buffer)
    }
    if let category = selection.category { line("x-vsr-selected-category: ", category, &buffer) }
    if let usesReasoning = selection.usesReasoning {
      line("x-vsr-selected-reasoning: ", usesReasoning ? "on" : "off", &buffer)
    }
    line("x-vsr-injected-system-prompt: ", plan.injectsSystemPrompt ? "true" : "false", &buffer)
    if withDebug { writeDebug(plan, selection, to: &buffer) }
  }

  private static func writeDebug(_ plan: RoutePlan, _ selection: Selection, to buffer: inout ByteBuffer) {
    for family in SignalFamily.allCases where family != .metadata {
      guard let reading = plan.readings[family] else { continue }
      let names = zip(plan.signalNames(of: family), reading.readings).filter { $1.isMatched }.map { $0.0 }
      if !names.isEmpty {
        line("x-vsr-matched-\(family.documentKey): ", names.joined(separator: ","), &buffer)
      }
      if family == .context, let tokens = reading.readings.first?.value {
        line("x-vsr-context-token-count: ", String(Int(tokens)), &buffer)
      }
    }
    if !selection.notes.isEmpty { line("x-vsr-notes: ", selection.notes.joined(separator: "; "), &buffer) }
  }

  /// Values come from the configuration; control characters in them would end the line, so they become spaces.
  private static func line(_ name: String, _ value: String, _ buffer: inout ByteBuffer) {
    buffer.writeString(name)
    if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      buffer.writeBytes(value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 })
    } else {
      buffer.writeString(value)
    }
    buffer.writeStaticString("\r\n")
  }

  /// Four decimals, as in `0.9731`.
  static func fixed4(_ value: Double) -> String {
    let scaled = Int((min(max(value, 0), 1) * 10_000).rounded())
    let fraction = String(scaled % 10_000)
    return "\(scaled / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
  }
}

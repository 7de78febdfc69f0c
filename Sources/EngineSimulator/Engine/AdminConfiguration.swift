/// `/admin/config`: the settings that can change while the engine runs, under the names of their flags.
enum AdminConfiguration {
  private static let durations: [(name: String, path: OptionDefinition.Path<Double>)] = [
    ("time-to-first-token", \.latency.timeToFirstToken.mean),
    ("time-to-first-token-std-dev", \.latency.timeToFirstToken.standardDeviation),
    ("inter-token-latency", \.latency.interToken.mean),
    ("inter-token-latency-std-dev", \.latency.interToken.standardDeviation),
    ("kv-cache-transfer-latency", \.latency.cacheTransfer.mean),
    ("kv-cache-transfer-latency-std-dev", \.latency.cacheTransfer.standardDeviation),
    ("prefill-overhead", \.latency.prefillOverhead),
    ("prefill-time-per-token", \.latency.prefillPerToken.mean),
    ("prefill-time-std-dev", \.latency.prefillPerToken.standardDeviation),
    ("kv-cache-transfer-time-per-token", \.latency.cacheTransferPerToken.mean),
    ("kv-cache-transfer-time-std-dev", \.latency.cacheTransferPerToken.standardDeviation),
  ]
  private static let others = [
    "time-factor-under-load", "latency-calculator", "failure-injection-rate", "failure-types", "fake-metrics",
    "image-emission-rate",
  ]

  /// The options with all members of `update` applied, or an error and none of them.
  static func apply(
    _ update: JSONValue, to options: EngineSimulatorOptions
  ) throws(EngineError) -> EngineSimulatorOptions {
    guard let members = update.members else { throw .badRequest("The configuration must be a JSON object") }
    let names = durations.map(\.name) + others
    var changed = options
    for member in members {
      guard names.contains(member.name), let definition = OptionDefinition.named(member.name) else {
        let hint = EditDistance.nearest(to: member.name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw .badRequest("\(member.name) cannot be changed\(hint)", parameter: member.name)
      }
      if member.name == "fake-metrics", member.value == .null {
        changed.fakeMetrics = nil
        continue
      }
      let values: [String] =
        switch member.value {
        case .string(let text): [text]
        case .array(let elements) where member.name == "failure-types": elements.map { $0.string ?? $0.jsonText }
        default: [member.value.jsonText]
        }
      do {
        try definition.apply(
          &changed, OptionInput(place: member.name, values: values, compatibility: options.compatibility))
      } catch {
        throw .badRequest(error.message, parameter: member.name)
      }
    }
    do {
      try changed.latency.validate()
    } catch {
      throw .badRequest(error.message)
    }
    return changed
  }

  static func json(_ options: EngineSimulatorOptions) -> [UInt8] {
    var json = JSONBytes()
    json.raw("{")
    for (name, path) in durations {
      json.string(name)
      json.raw(#":"\#(GoDuration.text(milliseconds: options[keyPath: path]))","#)
    }
    json.raw(#""time-factor-under-load":"#)
    json.number(options.latency.factorUnderLoad)
    json.raw(#","latency-calculator":"\#(options.latency.calculator.rawValue)","#)
    json.raw(#""failure-injection-rate":\#(options.failureInjectionRate),"failure-types":"#)
    json.strings(options.failureKinds.map(\.rawValue))
    json.raw(#","image-emission-rate":\#(options.unsupported.imageEmissionRate),"fake-metrics":"#)
    json.value(options.fakeMetrics?.source ?? .null)
    json.raw("}")
    return json.bytes
  }
}

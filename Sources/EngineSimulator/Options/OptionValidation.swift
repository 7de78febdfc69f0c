extension EngineSimulatorOptions {
  /// The options if they fit together; the error names the two that do not.
  public func validated() throws(OptionError) -> EngineSimulatorOptions {
    guard !model.isEmpty else { throw OptionError("model parameter is empty: give --model NAME") }
    var options = self
    if options.maxCPULoRAs == 0 { options.maxCPULoRAs = maxLoRAs }
    guard options.maxCPULoRAs >= maxLoRAs else {
      throw OptionError("--max-cpu-loras \(maxCPULoRAs) must not be less than --max-loras \(maxLoRAs)")
    }
    var names = Set(baseNames)
    guard names.count == baseNames.count else { throw OptionError("--served-model-name gives a name twice") }
    if let name = (baseNames + [podName, podNamespace]).first(where: { $0.utf8.contains { $0 < 0x20 || $0 == 0x7F } }) {
      throw OptionError("the name \(JSONValue.string(name).jsonText) has control characters; response headers carry it")
    }
    for module in loraModules {
      guard !module.name.isEmpty else { throw OptionError("--lora-modules: an adapter has no name") }
      guard module.baseModelName.isEmpty || module.baseModelName == model else {
        throw OptionError(
          "--lora-modules: adapter \"\(module.name)\" is for base model \"\(module.baseModelName)\", but this engine serves \"\(model)\""
        )
      }
      guard names.insert(module.name).inserted else {
        throw OptionError("--lora-modules: the name \"\(module.name)\" is used twice")
      }
    }
    guard loraModules.count <= AdapterRegistry.capacity else {
      throw OptionError(
        "--lora-modules: \(loraModules.count) adapters; at most \(AdapterRegistry.capacity) are possible")
    }
    try latency.validate()
    _ = try tls.source()
    try EngineSimulatorOptions.ordered("tool-call-integer-param", minToolCallInteger, maxToolCallInteger)
    try EngineSimulatorOptions.ordered("tool-call-number-param", minToolCallNumber, maxToolCallNumber)
    try EngineSimulatorOptions.ordered("tool-call-array-param-length", minToolCallArrayLength, maxToolCallArrayLength)
    let ranks = dataParallelRank >= 0 ? 1 : dataParallelSize
    guard port == 0 || port + ranks - 1 <= 65_535 else {
      throw OptionError(
        "--port \(port) leaves no room for --data-parallel-size \(dataParallelSize) engines below 65536")
    }
    if sleepModeEnabled, !developmentMode {
      options.warnings.append("--enable-sleep-mode: /sleep stays closed until VLLM_SERVER_DEV_MODE=1 is set")
    }
    return options
  }

  private static func ordered<Value: Comparable>(_ name: String, _ low: Value, _ high: Value) throws(OptionError) {
    guard low <= high else { throw OptionError("--min-\(name) \(low) must not exceed --max-\(name) \(high)") }
  }
}

extension LatencySettings {
  /// Checks what the original checks: a standard deviation of at most 30 % of its mean, except of the per-token times.
  func validate() throws(OptionError) {
    for (name, distribution) in [
      ("time-to-first-token", timeToFirstToken), ("inter-token-latency", interToken),
      ("kv-cache-transfer-latency", cacheTransfer),
    ] where distribution.standardDeviation > 0.3 * distribution.mean {
      throw OptionError(
        "--\(name)-std-dev \(GoDuration.text(milliseconds: distribution.standardDeviation)) must not exceed 30 % of --\(name) \(GoDuration.text(milliseconds: distribution.mean))"
      )
    }
    guard factorUnderLoad >= 1 else { throw OptionError("--time-factor-under-load must be at least 1.0") }
  }
}

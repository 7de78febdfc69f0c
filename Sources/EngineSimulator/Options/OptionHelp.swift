extension EngineSimulatorOptions {
  /// What `--help` prints: every flag with its default, from the table that the parser uses.
  public static var helpText: String {
    var text = """
      USAGE: engine-sim --model NAME [options]

      An OpenAI- and vLLM-compatible engine without a GPU, compatible with llm-d-inference-sim.

      OPTIONS

      """
    for option in OptionDefinition.all where !option.help.hasPrefix("logging flag") {
      let argument =
        switch option.arity {
        case .flag: ""
        case .one: " VALUE"
        case .list: " VALUE …"
        }
      let note = option.defaultText.isEmpty || option.arity == .flag ? "" : " (default: \(option.defaultText))"
      text += "  --\(option.name)\(argument)\n      \(option.help)\(note)\n"
    }
    text += "\nENVIRONMENT\n  POD_NAME, POD_NAMESPACE, SIM_MODEL, PYTHONHASHSEED, VLLM_SERVER_DEV_MODE\n"
    return text
  }
}

import Telemetry

/// Tokens that engines said a model's requests took, named as the semantic router names them.
struct ProcessorTokens: Sendable {
  let prompt: Counter
  let completion: Counter
  let all: Counter

  init(registry: MetricsRegistry, model: String) {
    let labels = [("model", model)]
    prompt = registry.counter("llm_model_prompt_tokens_total", help: "Tokens of prompts", labels: labels)
    completion = registry.counter("llm_model_completion_tokens_total", help: "Tokens of answers", labels: labels)
    all = registry.counter("llm_model_tokens_total", help: "Tokens of prompts and answers", labels: labels)
  }
}

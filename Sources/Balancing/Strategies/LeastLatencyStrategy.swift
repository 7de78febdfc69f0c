/// `least-latency`: the replica that is expected to answer soonest, by what its engine measured.
///
/// cost = mean queue time + mean prefill time ÷ mean prompt tokens × this prompt's tokens + mean decode time ÷ mean
/// generated tokens × the tokens expected: the mean of the model's answers, the same for all replicas, or the replica's own
/// before any answer told. Without a mean of the tokens the mean times stand as they are.
///
/// Engines that do not tell all three (SGLang, TensorRT-LLM, xLLM): mean time to first token + mean time per token × the
/// tokens expected, and 1 where nothing tells them.
enum LeastLatencyStrategy {
  static let documentation = StrategyDocumentation(
    "The replica that is expected to answer soonest: queue, prefill and decode by its engine's means.",
    inputs:
      "mean queue, prefill and decode times and mean tokens, or mean times to first token and per token, from metrics",
    substitute: .leastTTFT)

  @inline(__always) static func cost(_ candidate: Candidate, _ request: BalancingRequest) -> Double? {
    guard let queue = candidate.metric(.meanQueueTime), var prefill = candidate.metric(.meanPrefillTime),
      var decode = candidate.metric(.meanDecodeTime)
    else { return costOfTokens(candidate, request) }
    if request.promptTokens > 0, let mean = candidate.metric(.meanPromptTokens), mean > 0 {
      prefill *= request.promptTokens / mean
    }
    if let expected = request.expectedOutputTokens, let mean = candidate.metric(.meanGenerationTokens), mean > 0 {
      decode *= expected / mean
    }
    return queue + prefill + decode
  }

  @inline(__always) private static func costOfTokens(_ candidate: Candidate, _ request: BalancingRequest) -> Double? {
    guard let first = candidate.metric(.meanTimeToFirstToken), let each = candidate.metric(.meanTimePerOutputToken)
    else { return nil }
    return first + each * (request.expectedOutputTokens ?? candidate.metric(.meanGenerationTokens) ?? 1)
  }
}

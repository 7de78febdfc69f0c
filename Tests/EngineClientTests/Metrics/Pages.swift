import Foundation

/// Pages as engines show them: those that `metrics-fuzz` changes.
enum Pages {
  /// vLLM's V1 engine with two data-parallel ranks, as Python's prometheus_client prints it.
  static let vllm = page("vllm")
  /// vLLM's V0 engine.
  static let vllmV0 = page("vllmV0")
  static let sglang = page("sglang")
  static let tensorRTLLM = page("tensorRTLLM")
  static let xllm = page("xllm")
  /// The simulated engine with `--compat v0.5.0`.
  static let simulatorV050 = page("simulatorV050")

  private static func page(_ name: String) -> String {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz/metrics/corpus/\(name).txt")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }
}

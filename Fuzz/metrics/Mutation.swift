import FuzzCommand
import Seeded

/// Changing metrics pages a little.
enum Mutation {
  private static let tokens: [[UInt8]] =
    [
      "{", "}", "{}", "\"", "\\", "\\\"", "\\n", ",", "=", " ", "\t", "\n", "\r\n", "#", "# EOF\n", "# HELP x\n",
      "+Inf",
      "-Inf", "NaN", "1e400", "-0", "1e-9999", "1e", "0x1p3", "18446744073709551616", "9007199254740993", "_bucket",
      "_sum",
      "_count", "_total", "le=\"0.5\"", "le=\"+Inf\"", "le=\"x\"", "vllm:", "sglang:", "trtllm_", "é", "\u{0}",
      "max_lora=\"4\",running_lora_adapters=\"a,b,,\"", "sleep_state=\"awake\"", "num_gpu_blocks=\"1e9\"",
      "vllm:lora_requests_info{running_lora_adapters=\"x\"} 5\n", "http_requests_total 7\n",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x82]]

  private static let mutator = ByteMutator(words: tokens, changes: 1...6, partLimit: 24, spliceLimit: 200)

  /// A page of the corpus, of at most 64 KiB, with one to six changes.
  static func mutated(_ corpus: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    mutator.mutated(corpus, &generator)
  }

  /// A text that is a number or nearly one.
  static func number(_ generator: inout SeededGenerator) -> String {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    switch pick(0...3) {
    case 0: return "\(Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator)))"
    case 1: return "\(Double(pick(0...1_000_000)) / 64)"
    case 2:
      let digits = (0..<pick(1...24)).map { _ in String(pick(0...9)) }.joined()
      return "\(digits).\(pick(0...1_000_000))e\(pick(-330...330))"
    default:
      let alphabet = Array("0123456789.eE+-")
      return String((0..<pick(1...12)).map { _ in alphabet[pick(0...alphabet.count - 1)] })
    }
  }
}

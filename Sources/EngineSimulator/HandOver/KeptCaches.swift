/// The caches of prompts that this engine read for others, until they are fetched. Bound: the last ``limit``; the oldest goes
/// first, as an engine's would that nobody fetches.
struct KeptCaches {
  static let limit = 4_096

  private var prompts: [String: UInt64] = [:]
  private var order: [String] = []

  /// - Parameter prompt: ``fingerprint(_:)`` of what was read.
  mutating func keep(_ name: String, prompt: UInt64) {
    if prompts.updateValue(prompt, forKey: name) == nil { order.append(name) }
    if order.count > Self.limit { prompts[order.removeFirst()] = nil }
  }

  /// Gives a cache away, once.
  ///
  /// - Returns: the prompt it is of; nil where there is no such cache.
  mutating func take(_ name: String) -> UInt64? {
    guard let prompt = prompts.removeValue(forKey: name) else { return nil }
    order.removeAll { $0 == name }
    return prompt
  }

  /// Tells prompts apart: FNV-1a over the numbers of their tokens.
  static func fingerprint(_ prompts: [GenerationPrompt]) -> UInt64 {
    var hash = FNV64()
    for prompt in prompts {
      for token in prompt.tokens {
        for shift in stride(from: 0, to: 32, by: 8) { hash.add(UInt8(truncatingIfNeeded: token >> UInt32(shift))) }
      }
      hash.add(0xFF)
    }
    return hash.value
  }
}

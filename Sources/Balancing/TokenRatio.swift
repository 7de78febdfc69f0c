import Synchronization

/// Bytes of a model's prompts for each of their tokens, learnt from answers. Any thread; reading is one relaxed load.
public final class TokenRatio: Sendable {
  /// Before the first answer tells: English prose with most tokenizers.
  public static let assumed = 4.0
  /// Half of an answer's weight is gone after 34 more.
  private static let decay = 0.98

  private let sums = Mutex((bytes: TokenRatio.assumed * 200, tokens: 200.0))
  private let ratioBits = Atomic<UInt64>(TokenRatio.assumed.bitPattern)

  public init() {}

  public var bytesPerToken: Double { Double(bitPattern: ratioBits.load(ordering: .relaxed)) }

  /// - Parameter tokens: `usage.prompt_tokens` of a prompt of so many bytes.
  public func note(bytes: Double, tokens: Int) {
    guard bytes > 0, tokens > 0 else { return }
    let ratio = sums.withLock { sums in
      sums.bytes = sums.bytes * Self.decay + bytes
      sums.tokens = sums.tokens * Self.decay + Double(tokens)
      return sums.bytes / sums.tokens
    }
    ratioBits.store(min(max(ratio, 0.25), 64).bitPattern, ordering: .relaxed)
  }
}

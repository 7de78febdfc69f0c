import Signals
import Synchronization

/// What texts read before gave, for the families that depend on the text alone.
///
/// Bounded in entries and in bytes of text, least recently used first out. Split into stripes by the text's hash, each
/// behind its own lock, held for well under a microsecond; may be used from any thread. The hash is seeded, so nobody
/// outside can aim at a stripe, and a hit compares the whole text. A hit on 1 KiB takes a fraction of a microsecond.
public final class ReadingCache: Sendable {
  /// Texts above a quarter of a stripe's share of bytes are not kept.
  public let maximumTextLength: Int

  private let stripes: [Stripe]
  private let seed: UInt64

  /// - Parameters:
  ///   - maximumEntries: texts kept at most, over all stripes.
  ///   - maximumTextBytes: bytes of text kept at most, over all stripes.
  ///   - stripeCount: rounded up to a power of two.
  ///   - seed: of the hash; random unless a test fixes it.
  public init(
    maximumEntries: Int = 4096, maximumTextBytes: Int = 8 << 20, stripeCount: Int = 8,
    seed: UInt64 = .random(in: 0 ... .max)
  ) {
    var stripeCount = max(stripeCount, 1)
    while stripeCount & (stripeCount - 1) != 0 { stripeCount += 1 }
    let entries = max(maximumEntries / stripeCount, 1)
    let bytes = max(maximumTextBytes / stripeCount, 0)
    maximumTextLength = stripeCount == 1 ? bytes : bytes / 4
    stripes = (0..<stripeCount).map { _ in Stripe(maximumEntries: entries, maximumBytes: bytes) }
    self.seed = seed
  }

  /// What is known of a text under a generation of the configuration; nil when nothing is. Families have 0 nanoseconds.
  public func readings(generation: UInt64, text: [UInt8]) -> SignalReadings? {
    guard text.count <= maximumTextLength else { return nil }
    let hash = TextHash.hash(text, seed: seed ^ generation)
    return stripe(hash).state.withLock { $0.find(hash, generation, text) }
  }

  /// Keeps the text-only families among `readings`, beside those kept before. A family with a failed rule, or one that was
  /// read with less than it can be, is not kept, since the next attempt may succeed.
  ///
  /// - Parameter isKept: whether a family's readings depend on the text alone.
  public func record(
    _ readings: SignalReadings, generation: UInt64, text: [UInt8],
    where isKept: (SignalFamily) -> Bool = { $0.dependsOnTextOnly }
  ) {
    guard text.count <= maximumTextLength else { return }
    var kept = SignalReadings()
    var isEmpty = true
    for family in SignalFamily.allCases where isKept(family) {
      guard var reading = readings[family], !reading.isProvisional, !reading.readings.contains(where: \.isFailed) else {
        continue
      }
      reading.nanoseconds = 0
      kept[family] = reading
      isEmpty = false
    }
    guard !isEmpty else { return }
    let hash = TextHash.hash(text, seed: seed ^ generation)
    stripe(hash).state.withLock { $0.insert(kept, hash, generation, text) }
  }

  /// Texts kept at the moment, and their bytes.
  public var size: (entries: Int, textBytes: Int) {
    stripes.reduce((0, 0)) { sum, stripe in
      let (entries, bytes) = stripe.state.withLock { ($0.count, $0.bytes) }
      return (sum.0 + entries, sum.1 + bytes)
    }
  }

  /// Forgets everything.
  public func removeAll() {
    for stripe in stripes { stripe.state.withLock { $0.removeAll() } }
  }

  private func stripe(_ hash: UInt64) -> Stripe { stripes[Int(hash >> 32) & (stripes.count - 1)] }

  private final class Stripe: Sendable {
    let state: Mutex<ReadingCacheStripe>

    init(maximumEntries: Int, maximumBytes: Int) {
      state = Mutex(ReadingCacheStripe(maximumEntries: maximumEntries, maximumBytes: maximumBytes))
    }
  }
}

extension SignalReading {
  fileprivate var isFailed: Bool { if case .failed = state { true } else { false } }
}

import Balancing

/// The blocks of prompts that were asked about last. Bounded in prompts and in bytes of keys; not shared.
///
/// Two generations: what is asked for is put into the young one; when that is half of the bound, it becomes the old one, and what
/// was old and not asked for again is gone.
struct TokenCache {
  static let promptLimit = 2_048
  static let byteLimit = 16 << 20

  private var young: [UInt64: TokenChains] = [:]
  private var youngBytes = 0
  private var old: [UInt64: TokenChains] = [:]

  var count: Int { young.count + old.count }

  mutating func find(_ key: UInt64) -> TokenChains? {
    if let known = young[key] { return known }
    guard let known = old.removeValue(forKey: key) else { return nil }
    insert(key, known)
    return known
  }

  /// Longer prompts than a quarter of the bound are not kept.
  mutating func insert(_ key: UInt64, _ chains: TokenChains) {
    guard chains.byteCount <= Self.byteLimit / 4 else { return }
    youngBytes += chains.byteCount - (young.updateValue(chains, forKey: key)?.byteCount ?? 0)
    guard young.count >= Self.promptLimit / 2 || youngBytes >= Self.byteLimit / 2 else { return }
    old = young
    young = [:]
    youngBytes = 0
  }
}

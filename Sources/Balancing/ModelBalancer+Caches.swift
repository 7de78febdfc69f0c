import Fleet

/// What an engine's metrics and KV events tell of the size of its cache, and of the cost of its prefill. A replica of several
/// models has one cache: the balancer of one of them is to be told.
extension ModelBalancer {
  /// The replica's metrics were published: the index goes by the size that they tell.
  public func metricsPublished(of replica: Replica) {
    // An engine gives up its cache before it sleeps.
    if replica.vitals.isAsleep { index.clear(slot: replica.prefixSlot) }
    learnPrefill(of: replica)
    if let tokens = replica.metrics.cacheTokens {
      index.setCapacity(Int(min(tokens / tokensPerBlock, 1e9)), slot: replica.prefixSlot)
    }
  }

  /// The replica's cache is seen to hold so many tokens at once: it can hold as many at least, where its metrics do not
  /// tell how many.
  public func cacheHolds(tokens: Int, on replica: Replica) {
    guard replica.metrics.cacheTokens == nil else { return }
    let blocks = Int(min(Double(tokens) / tokensPerBlock, 1e9))
    if blocks > index.capacity(slot: replica.prefixSlot) { index.setCapacity(blocks, slot: replica.prefixSlot) }
  }
}

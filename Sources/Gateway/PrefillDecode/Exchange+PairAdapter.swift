import Balancing
import EngineClient
import Fleet
import NIOCore
import Pipeline
import Reliability

/// Adapters of requests that a pair serves: both replicas have it before the first leg is sent, since the one that decodes goes on
/// with what the other computed by it.
extension Exchange {
  /// Has the replicas of a pair that was chosen load the adapter, where it is missing.
  ///
  /// - Returns: whether the prefill leg is sent later, or the request went elsewhere.
  func waitsForAdapter(_ prefill: Attempt, decodingOn decode: Placement) -> Bool {
    guard let loader = loop.context.adapterLoader else { return false }
    let eventLoop = loop.eventLoop
    var tickets: [AdapterLoader.Ticket] = []
    for placement in [prefill.placement, decode] {
      guard let order = AdapterLoader.Order(adapter, of: model?.model, on: placement) else { continue }
      let bound = NIOLoopBound((self, prefill, decode, placement), eventLoop: eventLoop)
      let reply = loader.load(order) { outcome in
        eventLoop.execute {
          let (exchange, prefill, decode, placement) = bound.value
          exchange.pairLoaded(prefill, decodingOn: decode, placement, outcome)
        }
      }
      switch reply {
      case .loaded: continue
      case .waiting(let ticket): tickets.append(ticket)
      case .failed(let failure):
        tickets.forEach(loader.leave)
        pairFailed(failure, on: placement)
        return true
      }
    }
    guard !tickets.isEmpty else { return false }
    prefill.awaitsAdapter { tickets.forEach(loader.leave) }
    return true
  }

  private func pairLoaded(
    _ prefill: Attempt, decodingOn decode: Placement, _ placement: Placement, _ outcome: AdapterLoader.Outcome
  ) {
    // The client may have left, or the other replica have failed.
    guard legs?.prefill === prefill, phase == .waiting, prefill.leaveLoading != nil else { return }
    _ = loop.refreshTime()
    switch outcome {
    case .success:
      prefill.leaveLoading?()
      prefill.adapterCame()
      if !waitsForAdapter(prefill, decodingOn: decode) { prefill.pool.lease(prefill) }
    case .failure(let failure): pairFailed(failure, on: placement)
    }
    client.flush()
  }

  /// A replica cannot load it: another pair is tried. Neither replica is worse for it.
  private func pairFailed(_ failure: AdapterLoader.Failure, on placement: Placement) {
    guard let legs, let model else { return }
    legs.leave(blaming: placement, nil)
    let error = failure.error(adapter: publicModel, replica: placement.name)
    switch attempts.failed(
      .refused(status: 503), budget: &model.budget, hasOtherReplica: hasOtherReplica, now: loop.now)
    {
    case .retry:
      loop.context.metrics.retries.increment()
      lastFailure = (error, AdapterLoader.Failure.label, failure.retryAfter)
      makeAttempt()
    case .answer(_, let reason):
      if reason == .budget { loop.context.metrics.retriesWithheld.increment() }
      retryAfter = failure.retryAfter
      failed(error, reason: AdapterLoader.Failure.label)
    case .awaitOther, .retryOnFreshConnection, .breakOff, .ignore:
      retryAfter = failure.retryAfter
      failed(error, reason: AdapterLoader.Failure.label)
    }
  }

  /// The engine that prefills answers 404: it may have lost the adapter. It may load it anew, once a request.
  ///
  /// - Returns: whether a pair is asked again, so that the answer is not wanted.
  func isPairSentAgain(forWantOfAdapterOn prefill: Attempt) -> Bool {
    guard let adapter, adapterSource != nil else { return false }
    // Whatever becomes of this request, the next has it loaded.
    prefill.placement.replica.adapters.remove(BlockHash.key(of: adapter))
    guard !hasRenewedAdapter, phase == .waiting, let legs, let model else { return false }
    hasRenewedAdapter = true
    guard
      case .retry = attempts.failed(
        .refused(status: 503), budget: &model.budget, hasOtherReplica: true, now: loop.now)
    else { return false }
    loop.context.metrics.retries.increment()
    endAttempts()
    legs.leave(blaming: nil)
    makeAttempt()
    return true
  }
}

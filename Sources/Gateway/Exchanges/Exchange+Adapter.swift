import Balancing
import ChatProtocols
import EngineClient
import Fleet
import NIOCore
import Pipeline
import Reliability

/// Adapters that engines are made to load when they are asked for (`load_adapters`): a request whose replica has not got its
/// adapter waits until it has, and goes to another where it cannot be loaded.
extension Exchange {
  /// Where the adapter comes from; nil where nobody loads it on demand.
  var adapterSource: String? {
    guard let adapter, loop.context.adapterLoader != nil else { return nil }
    return model?.model.adapterSources[adapter]
  }

  /// Whether the request need not wait for its adapter on a replica.
  func hasAdapter(_ replica: Replica) -> Bool {
    guard let adapter, adapterSource != nil else { return true }
    return replica.adapters.isLoaded(BlockHash.key(of: adapter))
  }

  /// Has the attempt's replica load the adapter, where it is missing.
  ///
  /// - Returns: whether the attempt goes on later.
  func waitsForAdapter(_ attempt: Attempt) -> Bool {
    guard adapter != nil, let loader = loop.context.adapterLoader,
      let order = AdapterLoader.Order(adapter, of: model?.model, on: attempt.placement)
    else { return false }
    let eventLoop = loop.eventLoop
    let bound = NIOLoopBound((self, attempt), eventLoop: eventLoop)
    let reply = loader.load(order) { outcome in
      eventLoop.execute {
        let (exchange, attempt) = bound.value
        exchange.adapterLoaded(attempt, outcome)
      }
    }
    switch reply {
    case .loaded: return false
    case .failed(let failure): adapterFailed(attempt, failure)
    case .waiting(let ticket): attempt.awaitsAdapter { loader.leave(ticket) }
    }
    return true
  }

  private func adapterLoaded(_ attempt: Attempt, _ outcome: AdapterLoader.Outcome) {
    // The client may have left.
    guard isCurrent(attempt), phase == .waiting, attempt.connection == nil else { return }
    _ = loop.refreshTime()
    attempt.adapterCame()
    switch outcome {
    case .success: attempt.pool.lease(attempt)
    case .failure(let failure): adapterFailed(attempt, failure)
    }
    client.flush()
  }

  /// The replica is no worse for it: other requests go there as before.
  private func adapterFailed(_ attempt: Attempt, _ failure: AdapterLoader.Failure) {
    guard let model else { return }
    let error = failure.error(adapter: publicModel, replica: attempt.placement.name)
    let action = attempts.failed(
      .refused(status: 503), budget: &model.budget, hasOtherReplica: hasOtherReplica, now: loop.now)
    drop(attempt)
    switch action {
    case .retry:
      loop.context.metrics.retries.increment()
      lastFailure = (error, AdapterLoader.Failure.label, failure.retryAfter)
      makeAttempt()
    case .awaitOther: break
    case .answer(_, let reason):
      if reason == .budget { loop.context.metrics.retriesWithheld.increment() }
      retryAfter = failure.retryAfter
      failed(error, reason: AdapterLoader.Failure.label)
    case .retryOnFreshConnection, .breakOff, .ignore:
      retryAfter = failure.retryAfter
      failed(error, reason: AdapterLoader.Failure.label)
    }
  }

  /// An engine answers 404: it may have lost the adapter that it was thought to have. It may load it anew, once a request, since an
  /// endpoint that it lacks is answered alike.
  ///
  /// - Returns: whether the request was sent again, so that the answer is not wanted.
  func isSentAgain(forWantOfAdapterOn attempt: Attempt) -> Bool {
    guard let adapter, adapterSource != nil, !hasRenewedAdapter, upload == nil, let model
    else { return false }
    hasRenewedAdapter = true
    let replica = attempt.placement.replica
    replica.adapters.remove(BlockHash.key(of: adapter))
    switch attempts.failed(.refused(status: 503), budget: &model.budget, hasOtherReplica: true, now: loop.now) {
    case .retry:
      loop.context.metrics.retries.increment()
      tried.remove(replica.id)
      legs?.leave(blaming: nil)
      drop(attempt)
      makeAttempt()
      return true
    case .awaitOther:
      drop(attempt)
      return true
    case .answer, .retryOnFreshConnection, .breakOff, .ignore: return false
    }
  }
}

import Balancing
import ChatProtocols
import EngineClient
import Fleet
import Gateway
import Pipeline

/// Adapters that engines are made to load when they are asked for: Envoy hears of the replica once that has the adapter.
extension ProcessorSession {
  /// Whether an adapter is one that this process has engines load.
  func isLoadedOnDemand(_ adapter: String?, of model: FleetModel?) -> Bool {
    guard let adapter, scope.loadAdapter != nil else { return false }
    return model?.adapterSources[adapter] != nil
  }

  /// An engine answers 404: it may have lost the adapter. The next request has it loaded anew; this one is Envoy's.
  func noteLostAdapter(on replica: Replica) {
    guard let adapter, isLoadedOnDemand(adapter, of: model) else { return }
    replica.adapters.remove(BlockHash.key(of: adapter))
  }

  /// Has the replica that was picked load the adapter, or another one where it cannot.
  ///
  /// - Returns: whether the request goes on later; else ``placement`` has the adapter.
  /// - Throws: what the client is told when no replica can load it.
  func waitsForAdapter(
    _ wait: AdapterWait, body bytes: UnsafeRawBufferPointer
  ) throws(RequestRouting.Refusal) -> Bool {
    while let placement, let load = scope.loadAdapter,
      let order = AdapterLoader.Order(wait.routed.adapter, of: wait.routed.model, on: placement)
    {
      let reply = load(order) { [self] outcome in
        guard state == .loading, adapterWait === wait else { return }
        adapterLoaded(wait, outcome)
        onLateOutput?()
      }
      switch reply {
      case .loaded: return false
      case .failed(let failure): try pickAnother(wait, after: failure, body: bytes)
      case .waiting(let leave):
        wait.begin(leave, now: scope.now)
        attempt?.postponed()
        // Without a body there is nothing that Envoy would wait with: the client comes again, and the adapter is there.
        if repliesToHeadOnly {
          wait.leave()
          throw refusal(wait, AdapterLoader.Failure(reason: "it is being loaded", retryAfter: 1))
        }
        guard holdWhole(bytes) else {
          wait.leave()
          if wait.isFirst { RequestRouting.takeBack(wait.intent, scope: scope) }
          receiveWithoutRoom()
          return true
        }
        if body.isEmpty { body = Array(bytes) }
        adapterWait = wait
        state = .loading
        return true
      }
    }
    return false
  }

  private func adapterLoaded(_ wait: AdapterWait, _ outcome: AdapterLoader.Outcome) {
    attempt?.sent(after: wait.ended(now: scope.now), now: scope.now)
    adapterWait = nil
    state = .collecting
    let whole = body
    whole.withUnsafeBytes { bytes in
      do throws(RequestRouting.Refusal) {
        if case .failure(let failure) = outcome {
          try pickAnother(wait, after: failure, body: bytes)
          if try waitsForAdapter(wait, body: bytes) { return }
        }
        forward(
          wait.routed, to: placement, body: bytes, changed: wait.routed.body(for: placement, bytes), isLast: wait.isLast
        )
      } catch {
        refuse(error)
      }
    }
    guard !waitsForReplica else { return }
    letBodyGo()
    replyToWaiting()
  }

  /// The replica could not load the adapter: another one is picked.
  private func pickAnother(
    _ wait: AdapterWait, after failure: AdapterLoader.Failure, body bytes: UnsafeRawBufferPointer
  ) throws(RequestRouting.Refusal) {
    guard let failed = placement else { return }
    wait.tried.insert(failed.replica.id)
    guard wait.mayTryAnother else { throw refusal(wait, failure) }
    let other: (Placement, AttemptAccount)?
    do throws(RequestRouting.Refusal) {
      other = try RequestRouting.pick(
        wait.routed, wait.intent, body: bytes, after: wait.attempts, excluding: wait.tried, scope: scope)
    } catch {
      other = nil
    }
    guard let other else { throw refusal(wait, failure) }
    scope.metrics.retries.increment()
    attempt?.settle(now: scope.now)
    (placement, attempt) = other
    addresses = scope.addresses
  }

  private func refusal(_ wait: AdapterWait, _ failure: AdapterLoader.Failure) -> RequestRouting.Refusal {
    if wait.isFirst { RequestRouting.takeBack(wait.intent, scope: scope) }
    return RequestRouting.Refusal(
      error: failure.error(adapter: publicModel, replica: placement?.name ?? ""), reason: AdapterLoader.Failure.label,
      retryAfter: failure.retryAfter)
  }
}

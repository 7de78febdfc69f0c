import Fleet
import NIOCore
import Pipeline
import Reliability

/// A second copy of a request whose first byte is late.
extension Exchange {
  func scheduleHedge() {
    guard let model, let delay = model.hedge.requestBegan(now: loop.now) else { return }
    scheduleHedge(after: delay)
  }

  private func scheduleHedge(after delay: UInt64) {
    guard phase == .waiting else { return }
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    hedgeTimer = loop.eventLoop.scheduleTask(in: TimeAmount(delay)) { bound.value.considerHedge() }
  }

  private func considerHedge() {
    loop.refreshTime()
    guard phase == .waiting, let model, let first = attempt, hedge == nil, upload == nil, legs?.pair == nil
    else { return }
    let elapsed = UInt64(max(0, (loop.time - first.startedAt).nanoseconds))
    switch model.hedge.decide(
      elapsed: elapsed, attempts: attempts, hasOtherReplica: hasOtherReplica, now: loop.now)
    {
    case .never: break
    case .wait(let more): scheduleHedge(after: more)
    case .send:
      guard let choice = choose(), let index = choice.choice.index else { return }
      // A copy is sent to be quicker, which an ejected replica is not known for, nor one without the adapter.
      let chosen = placements[index].replica
      guard chosen.health.state(at: loop.now) != .ejected, hasAdapter(chosen) else {
        var account = AttemptAccount(choice, on: chosen)
        return account.settle(now: loop.now)
      }
      loop.context.metrics.hedges.increment()
      let attempt = begin(on: placements[index], choice)
      hedge = attempt
      attempt.pool.lease(attempt)
    }
  }
}

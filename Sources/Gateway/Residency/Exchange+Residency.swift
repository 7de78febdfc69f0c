import Balancing
import EngineClient
import NIOCore
import Pipeline

/// Finding the prompt's tokens before a replica is chosen.
extension Exchange {
  func makeFirstAttempt() {
    makeAttempt()
    if let model, model.model.policy.hedgeDelay != .never { scheduleHedge() }
  }

  /// Has an engine asked for the prompt's tokens, where choices need them; the loop goes on with others meanwhile.
  ///
  /// - Returns: false when there is nothing to wait for.
  func waitsForTokens(of model: ModelState) -> Bool {
    guard model.balancing.strategies.residency != nil, let tokenizer = loop.context.tokenizer, let plan, let wish else {
      return false
    }
    let found = body.withUnsafeReadableBytes { bytes in
      ResidencyQuestion(
        model.model, model.balancing, adapter: adapter, wish: wish, edits: plan.edits, body: bytes, now: loop.now,
        random: &loop.random)
    }
    switch found {
    case .known(let residency):
      self.residency = residency
      return false
    case .ask(let question, let weights):
      let eventLoop = loop.eventLoop
      let bound = NIOLoopBound(self, eventLoop: eventLoop)
      let reply = tokenizer.ask(question) { chains in
        eventLoop.execute { bound.value.tokensCame(chains.map { .events($0, weights) } ?? .lacking(.tokensUnknown)) }
      }
      switch reply {
      case .known(let chains): residency = .events(chains, weights)
      case .declined: residency = .lacking(.tokensUnknown)
      case .later(let wait):
        tokenWait = wait
        return true
      }
      return false
    }
  }

  private func tokensCame(_ residency: PromptResidency) {
    // The client may have left, or its time be over.
    guard phase == .waiting, tokenWait != nil else { return }
    tokenWait = nil
    loop.refreshTime()
    self.residency = residency
    makeFirstAttempt()
    client.flush()
  }
}

import Balancing
import Gateway
import Pipeline

/// Finding the prompt's tokens before a replica is picked, where choices go by what engines tell of their caches.
extension ProcessorSession {
  /// Has an engine asked for the prompt's tokens. The body is held meanwhile, and what Envoy sends waits, as while the encoder reads.
  ///
  /// - Returns: whether the request goes on later; else the intent says what is known.
  func waitsForTokens(
    _ routed: RequestRouting.Routed, _ intent: inout RequestRouting.Intent, body bytes: UnsafeRawBufferPointer,
    isLast: Bool
  ) -> Bool {
    guard intent.balancing.strategies.residency != nil, let tokenize = scope.tokenize, let model = routed.model,
      let edits = routed.edits
    else { return false }
    let found = ResidencyQuestion(
      model, intent.balancing, adapter: routed.adapter, wish: intent.wish, edits: edits, body: bytes, now: scope.now,
      random: &scope.random)
    switch found {
    case .known(let residency):
      intent.residency = residency
      return false
    case .ask(let question, let weights):
      intent.residency = .lacking(.tokensUnknown)
      guard !repliesToHeadOnly, holdWhole(bytes) else { return false }
      let tokenless = intent
      let reply = tokenize(question) { [self] chains in
        guard state == .reading, tokenWait != nil else { return }
        tokenWait = nil
        var intent = tokenless
        if let chains { intent.residency = .events(chains, weights) }
        tokensCame(routed, intent, isLast: isLast)
        onLateOutput?()
      }
      switch reply {
      case .known(let chains):
        intent.residency = .events(chains, weights)
        return false
      case .declined: return false
      case .later(let abandon):
        if body.isEmpty { body = Array(bytes) }
        state = .reading
        tokenWait = abandon
        return true
      }
    }
  }

  private func tokensCame(_ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, isLast: Bool) {
    state = .collecting
    let whole = body
    whole.withUnsafeBytes { bytes in
      do throws(RequestRouting.Refusal) {
        try send(routed, intent, body: bytes, isLast: isLast)
      } catch {
        refuse(error)
      }
    }
    guard !waitsForReplica else { return }
    letBodyGo()
    replyToWaiting()
  }
}

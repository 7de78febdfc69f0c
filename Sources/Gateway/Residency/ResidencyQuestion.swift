import Balancing
import ChatProtocols
import EngineClient
import Fleet
import NIOCore
import Pipeline

/// By what the choices of one request go for what replicas have cached, as far as that is known at once.
package enum ResidencyQuestion {
  case known(PromptResidency)
  /// An engine is to be asked for the prompt's tokens.
  case ask(PromptTokenizer.Question, TierWeights)

  /// - Parameters:
  ///   - adapter: that the request asks for; nil for the model itself.
  ///   - edits: of the body, as they will be sent but for the model's name.
  ///   - body: the bytes that the edits' facts were made from.
  package init(
    _ model: FleetModel, _ balancing: ModelBalancing, adapter: String?, wish: ReplicaWish, edits: RequestEdits,
    body: UnsafeRawBufferPointer, now: UInt64, random: inout some RandomNumberGenerator
  ) {
    guard let settings = balancing.strategies.residency, let index = balancing.balancer.tokens,
      wish.strategy.needsMatches || wish.isStandard
    else {
      self = .known(.ownRequests)
      return
    }
    guard index.isInUse,
      let placement = Self.placement(of: model, adapter: adapter, index, now: now, random: &random)
    else {
      self = .known(.lacking(.eventsUnknown))
      return
    }
    switch PromptOfTokens(edits, body: body, model: adapter ?? placement.upstreamModel) {
    case .incomparable: self = .known(.lacking(.tokensUnknown))
    case .numbers(let tokens):
      self = .known(.events(index.chains(of: tokens, adapter: adapter), settings.weights))
    case .question(let question):
      var headers: [(String, String)] = []
      placement.headerLines.forEachField { headers.append(($0, $1)) }
      self = .ask(
        PromptTokenizer.Question(
          model: model.name, adapter: adapter, replica: placement.replica, path: placement.pathPrefix + "/tokenize",
          headers: headers, body: question,
          timeout: .nanoseconds(settings.tokenizeNanoseconds)), settings.weights)
    }
  }

  /// One whose engine has told of blocks, takes requests and knows the adapter, by chance: all of a model read prompts alike.
  private static func placement(
    of model: FleetModel, adapter: String?, _ index: TokenBlockIndex, now: UInt64,
    random: inout some RandomNumberGenerator
  ) -> Placement? {
    let single = model.placements(for: adapter)
    let paired = model.pairedPlacements(for: adapter)
    let count = single.count + paired.count
    guard count > 0 else { return nil }
    // One that is loaded on demand may be missing anywhere.
    let wanted = adapter.flatMap { model.adapterSources[$0] == nil ? nil : BlockHash.key(of: $0) }
    let first = Int(random.next(upperBound: UInt64(count)))
    for step in 0..<count {
      let place = (first + step) % count
      let placement = place < single.count ? single[place] : paired[place - single.count]
      if !placement.vitals.cannotServe, placement.vitals.ejectedUntil <= now,
        wanted.map({ placement.replica.adapters.isLoaded($0) }) ?? true,
        index.knowledge(of: placement.replica) != .nothing
      {
        return placement
      }
    }
    return nil
  }
}

import Fleet

/// Choices by what engines tell of their caches.
extension ModelBalancer {
  /// Tokens in which matches are counted when they come from engines: the size of a block of most of them.
  static let residencyUnit = 16

  /// Puts what engines tell of a prompt in the place of what was found by own requests.
  ///
  /// A replica whose engine tells nothing keeps what own requests say. So does one of which only a part is known, and one that
  /// has prompts of ours still to read, which its engine cannot have told of yet: there the longer match counts.
  ///
  /// - Parameters:
  ///   - request: with the blocks of own requests; counts in ``residencyUnit`` afterwards, by the prompt's true length.
  ///   - matches: what own requests say.
  func applyResidency(
    _ chains: TokenChains, _ weights: TierWeights, among placements: [Placement], to request: inout BalancingRequest,
    _ matches: inout PrefixMatches
  ) {
    guard let tokens else { return }
    let unit = Double(Self.residencyUnit)
    let ownTokensPerBlock = request.tokensPerBlock
    matches.withTokens(of: tokens) { tokens.match(chains, weights: weights, into: &$0) }
    matches.replace(for: placements) { placement, own, exact in
      let replica = placement.replica
      let ownTokens = Double(own) * ownTokensPerBlock
      guard let saved = tokens.savedTokens(exact, on: replica) else { return Int(ownTokens / unit) }
      let isSure = saved.isAll && placement.vitals.state.prefilling == 0
      return Int((isSure ? saved.tokens : max(saved.tokens, ownTokens)) / unit)
    }
    request.promptTokens = Double(chains.tokenCount)
    request.tokensPerBlock = unit
    request.blockCount = chains.tokenCount / Self.residencyUnit
    request.goesByEvents = true
  }
}

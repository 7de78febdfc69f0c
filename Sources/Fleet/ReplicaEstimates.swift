import Synchronization

/// What the answers of one replica taught of it: what its prefill costs, how fast it decodes, and how far it is with what it
/// was sent.
///
/// Any thread. Reading is a few relaxed loads; an answer's first token and its end take a lock each.
public final class ReplicaEstimates: Sendable {
  /// Own samples before a replica's cost may differ from that of its model's others.
  public static let ownSamples = 16
  /// Nanoseconds for which an own cost counts after its last sample, and after which what a replica taught is forgotten. One
  /// that was slow and is given nothing for it would never be known to be well again.
  public static let ownSpan: UInt64 = 20_000_000_000
  /// Own samples that are enough for one that was known before.
  public static let renewedSamples = PrefillRegression.trustedSamples

  fileprivate struct Learning: Sendable {
    var regression = PrefillRegression()
    var sampledAt: UInt64 = 0
    var wasKnown = false
    var decodeSeconds = 0.0
    var decodeTokens = 0.0
    var stretchSeconds = 0.0
    var stretchTokens = 0.0
    var stretchRequests = 0.0
    /// So many first tokens come next whose times say nothing.
    var spoiled = 0
    /// Until none waits for one, no time says anything.
    var isSpoiledUntilIdle = false
  }

  private let learning = Mutex(Learning())
  /// There stand when the prefill at the head of the queue began, as far as first tokens tell, the own cost and until when it
  /// counts, 0 while there is none, and the mean of the work that requests brought, in seconds.
  private let vitals: ReplicaVitals
  private let tokenSecondsBits = Atomic<UInt64>(Double.nan.bitPattern)

  /// Knows nothing yet.
  ///
  /// - Parameter vitals: of its replica.
  init(vitals: ReplicaVitals) { self.vitals = vitals }

  // MARK: Reading

  /// Seconds for each token after the first; nil when unknown.
  public var secondsPerToken: Double? {
    let seconds = Double(bitPattern: tokenSecondsBits.load(ordering: .relaxed))
    return seconds.isNaN ? nil : seconds
  }

  /// What the replica's own answers say; nil before ``ownSamples``.
  public var ownCost: PrefillCost? { learning.withLock { $0.ownCost } }

  // MARK: Learning

  /// A request was sent to a replica that had none waiting for a first token.
  public func prefillBegan(now: UInt64) { vitals.headBegan.store(now, ordering: .relaxed) }

  /// A first token came.
  ///
  /// - Parameters:
  ///   - tokens: prompt tokens that were not cached, as predicted.
  ///   - left: what ``ReplicaLoad/prefillEnded(work:)`` returned.
  ///   - seconds: the work that was expected of the request.
  /// - Returns: a sample for the model's replicas together, when a stretch of work is complete.
  public func firstToken(
    tokens: Double, expectedSeconds: Double, left: ReplicaLoad.State, now: UInt64
  ) -> (seconds: Double, requests: Double, tokens: Double)? {
    learning.withLock { learning in
      let begun = vitals.headBegan.exchange(now, ordering: .relaxed)
      learning.stretchSeconds += now > begun ? Double(now - begun) / 1e9 : 0
      learning.stretchTokens += tokens
      learning.stretchRequests += 1
      let mean = Double(bitPattern: vitals.meanWorkBits.load(ordering: .relaxed))
      vitals.meanWorkBits.store(
        (mean.isNaN ? expectedSeconds : mean + 0.05 * (expectedSeconds - mean)).bitPattern, ordering: .relaxed)
      if learning.spoiled > 0 || learning.isSpoiledUntilIdle {
        learning.spoil(max(0, learning.spoiled - 1), left)
        return nil
      }
      guard left.prefilling == 0 || learning.stretchRequests >= 8 else { return nil }
      let sample = (learning.stretchSeconds, learning.stretchRequests, learning.stretchTokens)
      if learning.ownCost != nil, now > learning.sampledAt &+ Self.ownSpan {
        learning.regression = PrefillRegression()
        learning.wasKnown = true
      }
      learning.sampledAt = now
      learning.regression.add(seconds: sample.0, requests: sample.1, tokens: sample.2)
      learning.clearStretch()
      return sample
    }
  }

  /// A request ended without a first token, or its answer came whole: the time until then says nothing of prefill, nor
  /// does that of the requests that waited beside it.
  ///
  /// - Parameter left: as in ``firstToken(tokens:expectedSeconds:left:now:)``.
  public func prefillUnseen(left: ReplicaLoad.State, now: UInt64) {
    learning.withLock { learning in
      vitals.headBegan.store(now, ordering: .relaxed)
      learning.spoil(left.prefilling, left)
    }
  }

  /// A request that counts as one to be prefilled is not sent yet: what is measured until the replica has none waiting tells
  /// nothing.
  public func prefillPostponed() {
    learning.withLock { learning in
      learning.clearStretch()
      learning.isSpoiledUntilIdle = true
    }
  }

  /// An answer is complete.
  ///
  /// - Parameters:
  ///   - seconds: from its first token to its end.
  ///   - tokens: generated after the first.
  public func decoded(seconds: Double, tokens: Double) {
    guard tokens >= 1, seconds >= 0 else { return }
    learning.withLock { learning in
      learning.decodeSeconds = learning.decodeSeconds * PrefillRegression.decay + seconds
      learning.decodeTokens = learning.decodeTokens * PrefillRegression.decay + tokens
      tokenSecondsBits.store((learning.decodeSeconds / learning.decodeTokens).bitPattern, ordering: .relaxed)
    }
  }

  /// The replica has given a sample, and its model has learnt from it. The own cost counts where it differs clearly from the
  /// model's, so that replicas alike compare as equal.
  public func sampled(model: PrefillCost, now: UInt64) {
    let (mine, error) = learning.withLock { ($0.ownCost, $0.regression.relativeError) }
    guard let mine, mine.differs(from: model, relativeError: error) else {
      return vitals.ownCostUntilValue.store(0, ordering: .relaxed)
    }
    vitals.ownCost.store(mine)
    vitals.ownCostUntilValue.store(now &+ Self.ownSpan, ordering: .relaxed)
  }
}

extension ReplicaEstimates.Learning {
  fileprivate var ownCost: PrefillCost? {
    let enough = wasKnown ? ReplicaEstimates.renewedSamples : ReplicaEstimates.ownSamples
    return regression.samples >= enough ? regression.cost : nil
  }

  /// - Parameter count: first tokens that come next whose times say nothing; no more than can still come.
  fileprivate mutating func spoil(_ count: Int, _ left: ReplicaLoad.State) {
    clearStretch()
    spoiled = min(count, left.prefilling)
    if left.prefilling == 0 { isSpoiledUntilIdle = false }
  }

  fileprivate mutating func clearStretch() {
    stretchSeconds = 0
    stretchTokens = 0
    stretchRequests = 0
  }
}

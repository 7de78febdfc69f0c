import Balancing
import Fleet

/// What one request counts on the replica that it was sent to, from the choice to the end. Has one owner, which must call
/// ``settle(_:now:)`` whoever ends the request; used from one thread.
public struct AttemptAccount {
  public let replica: Replica
  /// What decided: the strategy that was asked for, or its substitute.
  public let strategy: StrategyKind
  /// Why a substitute decided, or something was guessed; nil when the strategy had all it needs.
  public let shortfall: Shortfall?
  /// Blocks of the prompt that the replica is expected to have cached.
  public var cachedBlocks: Int { ticket.cachedBlocks }
  /// The prompt's tokens as they are guessed by its bytes; 0 where it was not read.
  public var expectedPromptTokens: Int { Int(Double(promptBytes) / balancer.tokenRatio.bytesPerToken) }
  private var ticket: WorkTicket
  private let promptBytes: Int
  private let isText: Bool
  /// Of the adapter whose use is counted on the replica; 0 for none.
  private let usedAdapter: UInt64
  private let balancer: ModelBalancer
  private var isOpen = true

  /// - Precondition: the choice chose this replica, and counted the request on it.
  public init(_ choice: ReplicaChooser.Choice, on replica: Replica) {
    self.replica = replica
    strategy = choice.choice.decided
    shortfall = choice.choice.shortfall
    ticket = choice.choice.ticket
    promptBytes = choice.promptBytes
    isText = choice.isText
    balancer = choice.balancer
    usedAdapter = choice.usedAdapter
    if usedAdapter != 0 { replica.adapters.requestBegan(usedAdapter) }
  }

  /// A leg of a pair.
  ///
  /// - Parameter usedAdapter: the router loads it where it is missing; 0 for none.
  /// - Precondition: the pair was picked with this replica, and the request counted on it.
  init(
    _ ticket: WorkTicket, on replica: Replica, shortfall: Shortfall?, promptBytes: Int, isText: Bool,
    balancer: ModelBalancer, usedAdapter: UInt64
  ) {
    self.replica = replica
    self.ticket = ticket
    self.shortfall = shortfall
    self.promptBytes = promptBytes
    self.isText = isText
    self.balancer = balancer
    self.usedAdapter = usedAdapter
    strategy = .pd
    if usedAdapter != 0 { replica.adapters.requestBegan(usedAdapter) }
  }

  /// The request is not sent yet: its replica loads the adapter first.
  public func postponed() {
    if isOpen { balancer.postponed(ticket, on: replica) }
  }

  /// The request that was postponed is sent now.
  ///
  /// - Parameter wait: nanoseconds since the choice.
  public mutating func sent(after wait: UInt64, now: UInt64) {
    guard isOpen else { return }
    balancer.sent(&ticket, on: replica, after: wait, now: now)
  }

  /// The first bytes of a sound answer's body have come. Later calls do nothing.
  ///
  /// - Parameter isStreamed: whether that is the first token, rather than the whole answer.
  public mutating func firstToken(isStreamed: Bool, now: UInt64) {
    guard isOpen else { return }
    balancer.firstToken(&ticket, on: replica, isStreamed: isStreamed, teaches: isText, now: now)
  }

  /// To be called now and then while nothing of an answer has come that will come whole.
  public mutating func presumePrefillOver(now: UInt64) {
    guard isOpen else { return }
    balancer.presumePrefillOver(&ticket, on: replica, now: now)
  }

  /// The request has ended, however it ended. Later calls do nothing.
  ///
  /// - Parameters:
  ///   - facts: what the answer told; empty when it told nothing or there was none.
  ///   - isWhole: it was a client's, to its end.
  public mutating func settle(_ facts: AnswerFacts = AnswerFacts(), isWhole: Bool = false, now: UInt64) {
    guard isOpen else { return }
    isOpen = false
    balancer.ended(
      &ticket, on: replica, facts: facts, promptBytes: isText ? promptBytes : 0, isWhole: isWhole, now: now)
    replica.load.end()
    if usedAdapter != 0 { replica.adapters.requestEnded(usedAdapter) }
  }
}

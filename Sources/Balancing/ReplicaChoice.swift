/// What a strategy chose, and how.
public struct ReplicaChoice: Sendable, Equatable {
  public var outcome: ReplicaPicker.Choice
  /// What was asked for; the heaviest part of a weighted combination.
  public var asked: StrategyKind
  /// What decided: the same, or its substitute; of a combination the part with the most weight, as it was substituted.
  public var decided: StrategyKind
  /// Why a substitute decided, or something was guessed; nil when the strategy had all it needs.
  public var shortfall: Shortfall?
  /// What lacked it; another than ``asked`` where that is a part of a combination that weighs less.
  public var lacking: StrategyKind
  /// What the request brings to the replica, to be handed back as its answer comes.
  public var ticket: WorkTicket

  /// The chosen index, if any.
  public var index: Int? { outcome.index }
}

extension ReplicaChoice {
  /// The decode's side of a pair.
  public init(decodeOf pair: PrefillDecodePair, asked: StrategyKind, shortfall: Shortfall?) {
    self.init(
      outcome: .replica(pair.decode), asked: asked, decided: .pd, shortfall: shortfall, lacking: asked,
      ticket: pair.decodeTicket)
  }
}

/// What a strategy lacked. The raw value is its label in metrics.
public enum Shortfall: String, Sendable, CaseIterable {
  /// No replica's engine told the figure, or it is too old. The substitute decided.
  case metricUnknown = "metric_unknown"
  /// Some engines told it; the others were taken for the mean.
  case metricPartial = "metric_partial"
  case noSession = "no_session"
  case noUser = "no_user"
  case noAdapter = "no_adapter"
  /// No replica has the adapter: the slot rule chose where it is loaded.
  case adapterNotLoaded = "adapter_not_loaded"
  case noPromptBlocks = "no_prompt_blocks"
  /// The request is passed on without a look at its prompt.
  case promptUnread = "prompt_unread"
  case noTarget = "no_target"
  /// No replica is expected to meet the target: the soonest was taken.
  case targetMissed = "target_missed"
  /// One replica was asked for the whole request, where a pair was wanted.
  case noPair = "no_pair"
  /// A pair was asked, because the model's engines serve requests in no other way.
  case onlyPairs = "only_pairs"
  /// The prompt's tokens are not known, so that what engines tell of their caches cannot be compared with it.
  case tokensUnknown = "tokens_unknown"
  /// No engine of the model has told what it holds.
  case eventsUnknown = "events_unknown"

  /// A sentence for traces.
  public var explanation: String {
    switch self {
    case .metricUnknown: "no engine tells the figure that this strategy goes by, or what it told is too old"
    case .metricPartial: "some engines do not tell the figure that this strategy goes by; they were taken for the mean"
    case .noSession: "the request names no session"
    case .noUser: "the request names no user"
    case .noAdapter: "the request asks for no adapter"
    case .adapterNotLoaded: "no replica has the adapter loaded"
    case .noPromptBlocks: "the prompt is too short to fill a block"
    case .promptUnread: "the request is passed on without its prompt being read"
    case .noTarget: "the model has no target for the time to first token"
    case .targetMissed: "no replica is expected to meet the target for the time to first token"
    case .noPair: "one replica is asked both to prefill and to decode"
    case .onlyPairs: "the model's engines serve requests in pairs only"
    case .tokensUnknown:
      "the prompt's tokens are not known, so what is cached was judged by the prompts that this router sent"
    case .eventsUnknown:
      "no engine has told what it holds, so what is cached was judged by the prompts that this router sent"
    }
  }
}

/// What a request brings to its replica. Kept with the attempt, and handed to ``ModelBalancer`` as the answer comes.
public struct WorkTicket: Sendable, Equatable {
  /// Ticks that count on the replica until the first token (``ReplicaLoad/begin(ifStill:work:)``).
  var work: UInt32 = 0
  /// Whether they count still.
  public internal(set) var isPrefilling = false
  /// When the prefill of an answer that comes whole is taken to be over (``ModelBalancer/presumePrefillOver(_:on:now:)``).
  var presumedEnd: UInt64 = 0
  /// When it was sent, and when its first token came.
  var sentAt: UInt64 = 0
  var firstTokenAt: UInt64 = 0
  /// Blocks that the replica is expected to have cached, and how old the last of them is in its cache, 0…1.
  public internal(set) var cachedBlocks = 0
  var age = 0.0
  public internal(set) var promptTokens = 0.0
  public internal(set) var tokensPerBlock = 0.0
  /// What was expected to be cached is what engines tell: it says nothing of what this router thinks they hold.
  var goesByEvents = false
  /// Of the user, for counting its tokens; 0 for none.
  var userKey: UInt64 = 0

  /// Prompt tokens expected to be read anew.
  var uncachedTokens: Double { max(0, promptTokens - Double(cachedBlocks) * tokensPerBlock) }

  /// The request decodes on the replica and was prefilled on another.
  var decodesOnly = false

  init() {}

  /// What a prompt brings to the replica that reads it for another. Its user's tokens are those of the decode.
  init(prefilling request: BalancingRequest, work: UInt32, cachedBlocks: Int, age: Double) {
    self.work = work
    self.cachedBlocks = cachedBlocks
    self.age = age
    isPrefilling = true
    sentAt = request.now
    promptTokens = request.promptTokens
    tokensPerBlock = request.tokensPerBlock
    goesByEvents = request.goesByEvents
  }

  /// What a request brings to the replica that goes on from another's prefill.
  init(decoding request: BalancingRequest) {
    decodesOnly = true
    sentAt = request.now
    firstTokenAt = .max
    promptTokens = request.promptTokens
    userKey = request.userKey
  }
}

/// An engine in virtual time.
///
/// It reads prompts one after another in the order of their arrival. Reading takes ``Settings/fixedSeconds`` and, for each
/// block that is not cached, ``Trace/blockTokens`` ÷ ``Settings/tokensPerSecond``; the first token comes at its end. Cached
/// is the longest beginning of the prompt whose blocks are all in a cache of ``Settings/cacheBlocks`` blocks, from which the
/// least recently used goes; a prompt's own blocks are entered when it arrives, the last first. Each token after the first
/// takes ``Settings/secondsPerToken``; decoding does not slow reading.
struct SimulatedReplica {
  struct Settings: Sendable, Equatable {
    var cacheBlocks = 3_000
    var tokensPerSecond = 7_000.0
    var fixedSeconds = 0.03
    var secondsPerToken = 0.02
  }

  /// What becomes of a request, known as it arrives.
  struct Course {
    var cachedBlocks: Int
    var begins: Double
    var firstToken: Double
    var ends: Double
  }

  /// Sums since the last scrape.
  struct Window {
    var busySeconds = 0.0
    var requests = 0.0
    var promptTokens = 0.0
    var generatedTokens = 0.0
    var queueSeconds = 0.0
    var prefillSeconds = 0.0
    var decodeSeconds = 0.0
  }

  let settings: Settings
  private var cache: BlockLRU
  private var freeAt = 0.0
  var window = Window()
  var waiting = 0
  var running = 0
  var blocksInUse = 0

  init(_ settings: Settings) {
    self.settings = settings
    cache = BlockLRU(capacity: settings.cacheBlocks)
  }

  /// A request arrives.
  mutating func arrive(_ request: TraceRequest, at now: Double) -> Course {
    let cached = cache.matched(request.blocks)
    cache.insert(request.blocks)
    let begins = max(now, freeAt)
    let uncached = Double((request.blocks.count - cached) * Trace.blockTokens)
    freeAt = begins + settings.fixedSeconds + uncached / settings.tokensPerSecond
    return Course(
      cachedBlocks: cached, begins: begins, firstToken: freeAt,
      ends: freeAt + Double(max(0, request.outputTokens - 1)) * settings.secondsPerToken)
  }
}

import Synchronization
import TextEncoder

/// An encoder with worker threads of its own: a bounded queue, a deadline, each text once however many ask for it.
public final class PooledPromptEncoder: PromptEncoder {
  /// Texts whose vectors are kept between configurations: phrases of rules. Some 2 KiB each.
  public static let keptPhrases = 10_000

  public let name: String
  private let encoder: TransformerEncoder
  private let options: EncodingOptions
  private let pool: EncoderPool
  private let patience: UInt64
  private let now: @Sendable () -> UInt64
  /// Vectors of phrases read before, so that a reload of the configuration reads only new ones.
  private let phrases = Mutex<[[UInt8]: [Float]]>([:])

  /// Starts the workers.
  ///
  /// - Parameters:
  ///   - name: of the model, for people.
  ///   - workers: threads, 1 to 256.
  ///   - patience: nanoseconds that a text may wait and be read, together.
  ///   - now: a monotonic clock in nanoseconds.
  public init(
    _ encoder: TransformerEncoder, name: String, options: EncodingOptions = EncodingOptions(), workers: Int,
    patience: UInt64, now: @escaping @Sendable () -> UInt64
  ) {
    self.name = name
    self.encoder = encoder
    self.options = options
    self.patience = patience
    self.now = now
    pool = EncoderPool(encoder, options: options, workers: workers, now: now)
  }

  public var width: Int { encoder.configuration.width }

  /// Texts that wait and texts that are being read.
  public var load: (waiting: Int, running: Int) { pool.load }

  public func readPhrase(_ text: [UInt8]) -> PromptEncoding {
    if let known = phrases.withLock({ $0[text] }) {
      var read = EncodedText()
      read.embedding = known
      return .read(read)
    }
    let encoding = readNow(text)
    if case .read(let read) = encoding {
      phrases.withLock { phrases in
        if phrases.count >= Self.keptPhrases { phrases.removeAll() }
        phrases[text] = read.embedding
      }
    }
    return encoding
  }

  public func readNow(_ text: [UInt8]) -> PromptEncoding {
    let workspace = encoder.makeWorkspace(capacity: max(8, min(options.window, encoder.configuration.longestInput)))
    guard let read = text.withUnsafeBytes({ encoder.encode($0, options, workspace) }) else {
      return .failed(reason: "the text was not read")
    }
    return .read(read)
  }

  public func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void) {
    pool.encode(text, deadline: now() &+ patience) { result in
      switch result {
      case .success(let text): answer(.read(text))
      case .failure(let error): answer(.failed(reason: "\(error)"))
      }
    }
  }

  /// Ends the workers; texts that wait are given up.
  public func close() { pool.close() }
}

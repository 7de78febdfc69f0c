import Balancing

/// What the access log may tell of a prompt that was read: which others it shares a beginning with, and how long it is.
public struct PromptMark: Sendable, Equatable {
  /// ``PrefixSamples/text(of:)``.
  public var samples: [UInt8]
  /// Bytes of the prompt without the JSON around it.
  public var bytes: Int
}

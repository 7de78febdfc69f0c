/// What a fetch tells while it goes on.
public enum FetchEvent: Sendable, Equatable {
  /// Another fetch of the same model is at it; this one waits.
  case waiting
  /// Bytes of a file have come; `total` is nil as long as that is not known.
  case receiving(file: String, done: Int, total: Int?)
  /// The connection broke and is made again.
  case retrying(address: WebAddress, reason: String, have: Int)
  /// What an earlier fetch had left does not fit; the file is fetched from its start.
  case restarting(address: WebAddress)
  /// A file's hash is computed.
  case checking(file: String)
  case unpacking
  case packing
}

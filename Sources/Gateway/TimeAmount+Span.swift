import NIOCore

extension TimeAmount {
  /// A span of the policies, where `.max` is no limit: a year stands for every longer time.
  init(_ nanoseconds: UInt64) { self = .nanoseconds(Int64(min(nanoseconds, 31_536_000_000_000_000))) }
}

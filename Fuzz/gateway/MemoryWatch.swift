import Foundation

/// What the process holds in memory: after its first inputs, and in the end.
struct MemoryWatch {
  /// Inputs after which buffers and pools have come to their sizes.
  private static let warmUp = 1_000
  /// How much more may be held in the end, in bytes: what allocators keep of short peaks.
  static let allowance = 16 << 20

  private var first: Int?

  /// To be called before each input.
  mutating func look(after inputs: Int) {
    if inputs == Self.warmUp { first = Self.resident() }
  }

  /// Nil for a run that was not longer than the first inputs.
  func report(after inputs: Int) -> String? {
    guard let first, let last = Self.resident() else { return nil }
    return "memory: \(first >> 20) MiB after \(Self.warmUp) inputs, \(last >> 20) MiB after \(inputs)"
  }

  /// Sanitizers keep what was freed for a while, so theirs says nothing.
  var hasGrown: Bool {
    guard let first, let last = Self.resident(), ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil
    else { return false }
    return last - first > Self.allowance
  }

  /// Bytes of the process in memory, by the kernel.
  private static func resident() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

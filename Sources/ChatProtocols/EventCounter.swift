/// Counts the events of an event stream in its bytes as they come, however they are cut: each empty line behind others ends
/// one. Framing of chunks between events does not count. O(n), no allocation.
public struct EventCounter: Sendable {
  /// Events that have ended.
  public private(set) var count = 0
  /// Line ends that stand together, at most 2; before the first line an empty one ends nothing.
  private var lineEnds = 2

  public init() {}

  /// Takes the next bytes.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      switch byte {
      case 0x0D: break
      case 0x0A where lineEnds < 2:
        lineEnds += 1
        if lineEnds == 2 { count += 1 }
      case 0x0A: break
      default: lineEnds = 0
      }
    }
  }
}

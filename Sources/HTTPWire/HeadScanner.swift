/// Finds the end of a head in bytes that arrive piecemeal, and refuses a bare LF as soon as it is seen.
///
/// Each byte is looked at once, however the head is cut.
public struct HeadScanner: Sendable {
  private var scanned = 0
  private var lineStart = 0

  public init() {}

  /// - Parameter bytes: everything received of the message so far, from its first byte.
  /// - Returns: the length of the head with its closing empty line, or nil when it is not complete.
  public mutating func headLength(
    in bytes: UnsafeRawBufferPointer, limits: HTTPLimits
  ) throws(HTTPSyntaxError) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let end = min(bytes.count, limits.headBytes)
    while scanned < end {
      guard let hit = memoryFind(base + scanned, 0x0A, end - scanned) else {
        scanned = end
        break
      }
      let index = hit - base
      guard index > 0, bytes[index - 1] == 0x0D else { throw .bareLineFeed }
      if index - 1 == lineStart {
        let length = index + 1
        self = HeadScanner()
        return length
      }
      lineStart = index + 1
      scanned = index + 1
    }
    if bytes.count >= limits.headBytes { throw .headTooLarge }
    return nil
  }
}

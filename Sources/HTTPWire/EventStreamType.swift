/// The media type of server-sent events.
public enum EventStreamType {
  /// Whether a `content-type` field names it, in any case; parameters behind it are not looked at.
  public static func isNamed(by value: UnsafeRawBufferPointer) -> Bool {
    let type: StaticString = "text/event-stream"
    guard value.count >= type.utf8CodeUnitCount else { return false }
    for index in 0..<type.utf8CodeUnitCount where value[index] | 0x20 != type.utf8Start[index] | 0x20 { return false }
    return true
  }
}

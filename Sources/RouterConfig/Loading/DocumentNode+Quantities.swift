/// Quantities of scalars; nil for what is none.
extension DocumentNode {
  /// A duration in whole microseconds.
  var duration: Duration? { text.flatMap(Quantity.duration) }

  /// A duration that limits something: nil inside for `none` and `0`, nil outside for what is neither.
  var limit: Duration?? {
    if text == "none" { return .some(nil) }
    guard let duration else { return nil }
    return .some(duration > .zero ? duration : nil)
  }

  /// A number of bytes above 0.
  var size: Int? { text.flatMap(Quantity.bytes).flatMap { $0 > 0 ? $0 : nil } }
}

/// Where and why a JSON text cannot be read.
struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
  /// Byte offset from the start of the text.
  let offset: Int
  let reason: String

  var description: String { "\(reason) at byte \(offset)" }
}

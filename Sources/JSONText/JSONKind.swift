/// What a JSON value is.
public enum JSONKind: UInt8, Sendable, Equatable {
  case object
  case array
  case string
  case number
  case `true`
  case `false`
  case null
}

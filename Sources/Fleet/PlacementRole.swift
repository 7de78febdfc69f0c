/// What a placement does of a request, where prefill and decode run on replicas of their own.
public enum PlacementRole: UInt8, Sendable {
  /// Both, as engines do unless told otherwise.
  case whole
  case prefill
  case decode
}

/// The methods that the gateway tells apart.
public enum HTTPMethod: UInt8, Sendable {
  case get, head, post, put, delete, options, patch, other

  /// As it stands in a request line; `OTHER` for methods that are not told apart.
  public var name: StaticString {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    case .patch: "PATCH"
    case .other: "OTHER"
    }
  }

  /// - Parameter name: as it stands in a request line; case counts.
  public init(_ name: UnsafeRawBufferPointer) {
    func matches(_ text: StaticString) -> Bool {
      guard name.count == text.utf8CodeUnitCount else { return false }
      for index in 0..<name.count where name[index] != text.utf8Start[index] { return false }
      return true
    }
    self =
      switch name.count {
      case 3: matches("GET") ? .get : matches("PUT") ? .put : .other
      case 4: matches("POST") ? .post : matches("HEAD") ? .head : .other
      case 5: matches("PATCH") ? .patch : .other
      case 6: matches("DELETE") ? .delete : .other
      case 7: matches("OPTIONS") ? .options : .other
      default: .other
      }
  }
}

/// The HTTP methods that a path is passed through with.
public struct PassThroughMethods: OptionSet, Sendable, Equatable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let get = PassThroughMethods(rawValue: 1)
  public static let head = PassThroughMethods(rawValue: 2)
  public static let post = PassThroughMethods(rawValue: 4)
  public static let delete = PassThroughMethods(rawValue: 8)

  /// The method of that name, which is compared as it is (RFC 9110, section 9.1); nil if no path is passed through with
  /// it. Allocates nothing.
  public init?(named name: UnsafeRawBufferPointer) {
    func isNamed(_ other: StaticString) -> Bool {
      name.elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
    switch name.count {
    case 3 where isNamed("GET"): self = .get
    case 4 where isNamed("POST"): self = .post
    case 4 where isNamed("HEAD"): self = .head
    case 6 where isNamed("DELETE"): self = .delete
    default: return nil
    }
  }

  /// The value of an `allow` header, such as `GET, HEAD`.
  public var allow: String {
    let names: [(PassThroughMethods, String)] = [(.get, "GET"), (.head, "HEAD"), (.post, "POST"), (.delete, "DELETE")]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }
}

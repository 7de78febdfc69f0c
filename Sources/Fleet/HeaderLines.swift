/// Header lines ready for the wire. They may hold a credential, so they print as their number only.
public struct HeaderLines: Sendable, CustomStringConvertible, CustomReflectable {
  public private(set) var bytes: [UInt8] = []
  /// Whether a credential or an `authorization` line is among them: then the client's own is not forwarded.
  public private(set) var authenticates = false
  /// Lower-case names, for replacing the client's fields of the same name.
  public private(set) var names: [String] = []

  public init() {}

  /// Whether a line may be made of these: the name has characters of RFC 9110 §5.6.2 only, the value no control
  /// character.
  public static func canHold(name: String, value: String) -> Bool {
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
    return isName && !value.utf8.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }
  }

  /// - Parameter isCredential: the line authenticates the router to the engine, whatever its name.
  /// - Precondition: ``canHold(name:value:)``.
  public mutating func append(name: String, value: String, isCredential: Bool = false) {
    precondition(Self.canHold(name: name, value: value), "a header line holds a character that it may not")
    bytes.append(contentsOf: "\(name): \(value)\r\n".utf8)
    names.append(name.lowercased())
    if isCredential || name.lowercased() == "authorization" { authenticates = true }
  }

  public var description: String { "\(names.count) header lines" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

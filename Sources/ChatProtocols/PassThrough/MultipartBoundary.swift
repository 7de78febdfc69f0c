/// The boundary that a content-type of `multipart/form-data` names (RFC 7578, section 4.1; RFC 2046, section 5.1.1).
///
/// The parameter may be quoted and stand anywhere among others; names of types and parameters are compared without
/// regard to case. A boundary that is not quoted may have all characters that a quoted one may, since clients send them
/// so, except for the space.
public struct MultipartBoundary: Sendable, Equatable {
  /// RFC 2046, section 5.1.1: "no more than 70 characters".
  public static let lengthLimit = 70

  /// The boundary, unquoted: 1 to 70 bytes, none of them a control character.
  public let bytes: [UInt8]

  /// - Parameter contentType: the value of the header.
  /// - Throws: what is wrong with it; two boundaries are refused, as it is not known which one an engine takes.
  public init(contentType: UnsafeRawBufferPointer) throws(MultipartFault) {
    var parameters = HeaderParameters(contentType)
    guard parameters.valueEquals("multipart/form-data") else { throw .notAForm }
    var found: [UInt8]?
    while true {
      let parameter: HeaderParameters.Parameter?
      do throws(HeaderParameters.Malformed) {
        parameter = try parameters.next()
      } catch {
        throw .malformedContentType
      }
      guard let parameter else { break }
      guard parameters.name(of: parameter, equals: "boundary") else { continue }
      guard found == nil else { throw .repeatedBoundary }
      found = parameters.value(of: parameter)
    }
    guard let found, !found.isEmpty else { throw .missingBoundary }
    guard found.count <= Self.lengthLimit else { throw .boundaryTooLong(limit: Self.lengthLimit) }
    guard found.allSatisfy(Self.isAllowed), found.last != 0x20 else { throw .invalidBoundary }
    bytes = found
  }

  /// - Parameter contentType: the value of the header.
  /// - Throws: what is wrong with it.
  public init(contentType: String) throws(MultipartFault) {
    let bytes = Array(contentType.utf8)
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(MultipartFault) in
      try MultipartBoundary(contentType: UnsafeRawBufferPointer(buffer))
    }
  }

  /// `bchars` of RFC 2046.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20: true
    case UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "+"), UInt8(ascii: "_"),
      UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "="),
      UInt8(ascii: "?"):
      true
    default: false
    }
  }
}

/// Finds the field `model` of a `multipart/form-data` body (RFC 7578, RFC 2046) that comes piece by piece.
///
/// Other parts are passed over however long they are, and nothing of them is kept; a preamble before the first delimiter
/// is tolerated. A part of that name that has a file name is a file and not the field. The value is the content as it
/// stands, trimmed of nothing.
///
/// Strict where engines could read a form differently: lines end with CRLF, a delimiter stands alone on its line, headers
/// are not folded, every part has one content-disposition with one name, the model has no content-transfer-encoding. Of
/// several fields `model` the first one counts, because what stands behind it has not come yet; most engines take the
/// last. Bytes behind the model, or behind the closing delimiter, are not looked at.
///
/// The limit is on what the caller has to hold: all bytes up to the model. A form that puts a file longer than that
/// before the model gets ``ModelVerdict/tooFar(limit:)``, which tells the client to put the model first.
///
/// Holds at most 8 KiB of one header line and 256 bytes of the model. Cost: linear, 16 bytes a step in contents.
public struct MultipartModelFinder: BoundedModelFinder {
  /// 1 MiB.
  public static let defaultLimit = 1 << 20
  /// The most bytes of the model: 256.
  public static let modelLimit = 256
  /// The most bytes of a part's headers, with their line ends: 8 KiB.
  public static let headerLimit = 8 << 10

  /// The bytes within which the model must stand, and the delimiter behind it.
  public let limit: Int
  public internal(set) var verdict = ModelVerdict.needMore

  private enum Place: UInt8 {
    /// In the preamble or a part's content.
    case inContent
    case behindDelimiter
    case behindDelimiterDash
    case inPadding
    case behindDelimiterReturn
    case inHeaderLine
    case behindHeaderReturn
  }

  private var place = Place.inContent
  /// CRLF, two dashes, the boundary.
  private let delimiter: [UInt8]
  /// Bytes of the delimiter that the last bytes read are equal to.
  private var matched = 2
  /// Of them, those that stand before the content: the end of the line that the content starts behind, or, at the start
  /// of the body, a line end that is not there.
  private var matchedBefore = 2

  private var isPreamble = true
  private var headers = PartHeaders()
  private var line: [UInt8] = []
  private var headerBytes = 0
  private var contentStart = 0
  private var value: [UInt8] = []
  var offset = 0

  /// - Parameter limit: the bytes that the caller is ready to hold, at least 1.
  public init(boundary: MultipartBoundary, limit: Int = MultipartModelFinder.defaultLimit) {
    precondition(limit > 0, "a limit of \(limit) bytes lets no model be found")
    delimiter = [0x0D, 0x0A, 0x2D, 0x2D] + boundary.bytes
    self.limit = limit
  }

  func verdictAtEnd() -> ModelVerdict { ModelDecision(offset, .unexpectedEnd).verdict }

  mutating func scan(_ piece: UnsafeRawBufferPointer) throws(ModelDecision) {
    var index = 0
    while index < piece.count {
      if place == .inContent, matched == 0 {
        let end = ByteSearch.carriageReturn(piece, from: index)
        try keep(UnsafeRawBufferPointer(rebasing: piece[index..<end]))
        index = end
        guard index < piece.count else { return }
      }
      try read(piece[index], at: offset + index)
      index += 1
    }
  }

  private mutating func read(_ byte: UInt8, at offset: Int) throws(ModelDecision) {
    switch place {
    case .inContent:
      try content(byte, at: offset)
    case .behindDelimiter where byte == UInt8(ascii: "-"):
      place = .behindDelimiterDash
    case .behindDelimiterDash:
      guard byte == UInt8(ascii: "-") else { throw ModelDecision(offset, .malformedDelimiter) }
      throw ModelDecision(.absent)
    case .behindDelimiter, .inPadding:
      switch byte {
      case 0x0D: place = .behindDelimiterReturn
      case 0x20, 0x09: place = .inPadding
      default: throw ModelDecision(offset, .malformedDelimiter)
      }
    case .behindDelimiterReturn:
      guard byte == 0x0A else { throw ModelDecision(offset, .malformedDelimiter) }
      startHeaders()
    case .inHeaderLine, .behindHeaderReturn:
      try header(byte, at: offset)
    }
  }

  // MARK: Contents

  /// Takes a byte of a content, or of a delimiter behind it. Since the delimiter has its first byte, a carriage return,
  /// nowhere else, a match that fails can start again only with the byte at which it failed.
  private mutating func content(_ byte: UInt8, at offset: Int) throws(ModelDecision) {
    if byte == delimiter[matched] {
      matched += 1
      if matched == delimiter.count { try endContent(at: offset + 1) }
      return
    }
    try keep(delimiter[matchedBefore..<matched])
    matchedBefore = 0
    matched = byte == 0x0D ? 1 : 0
    if matched == 0 { try keep(CollectionOfOne(byte)) }
  }

  /// - Parameter end: the offset past the delimiter.
  private mutating func endContent(at end: Int) throws(ModelDecision) {
    if !isPreamble {
      // The delimiter's line end is that of the headers: an empty part to some, a part that goes on to others.
      guard matchedBefore == 0 else { throw ModelDecision(contentStart, .malformedDelimiter) }
      if headers.isModel {
        guard !value.isEmpty else { throw ModelDecision(contentStart, .emptyModel) }
        guard let model = String(validating: value, as: UTF8.self) else {
          throw ModelDecision(contentStart, .modelNotUTF8)
        }
        throw ModelDecision(.found(value: model, range: contentStart..<end - delimiter.count))
      }
    }
    place = .behindDelimiter
  }

  /// Takes bytes that are content for certain.
  private mutating func keep(_ bytes: some Collection<UInt8>) throws(ModelDecision) {
    guard headers.isModel else { return }
    guard value.count + bytes.count <= Self.modelLimit else {
      throw ModelDecision(contentStart, .modelTooLong(limit: Self.modelLimit))
    }
    value.append(contentsOf: bytes)
  }

  // MARK: Headers

  private mutating func startHeaders() {
    isPreamble = false
    headers = PartHeaders()
    headerBytes = 0
    line.removeAll(keepingCapacity: true)
    place = .inHeaderLine
  }

  private mutating func header(_ byte: UInt8, at offset: Int) throws(ModelDecision) {
    headerBytes += 1
    guard headerBytes <= Self.headerLimit else { throw ModelDecision(offset, .headersTooLong(limit: Self.headerLimit)) }
    if place == .behindHeaderReturn {
      guard byte == 0x0A else { throw ModelDecision(offset, .malformedHeader) }
      try endHeaderLine(at: offset + 1)
    } else if byte == 0x0D {
      place = .behindHeaderReturn
    } else if byte == 0x0A || byte == 0 {
      throw ModelDecision(offset, .malformedHeader)
    } else {
      line.append(byte)
    }
  }

  /// - Parameter end: the offset past the line's end.
  private mutating func endHeaderLine(at end: Int) throws(ModelDecision) {
    let start = end - 2 - line.count
    do throws(MultipartFault) {
      guard line.isEmpty else {
        var headers = headers
        try line.withUnsafeBufferPointer { (line) throws(MultipartFault) in
          try headers.read(UnsafeRawBufferPointer(line))
        }
        self.headers = headers
        line.removeAll(keepingCapacity: true)
        place = .inHeaderLine
        return
      }
      try headers.finish()
    } catch {
      throw ModelDecision(start, error)
    }
    place = .inContent
    matched = 2
    matchedBefore = 2
    contentStart = end
    value.removeAll(keepingCapacity: true)
  }
}

extension ModelDecision {
  fileprivate init(_ offset: Int, _ fault: MultipartFault) {
    self.init(.invalid(offset: offset, reason: .form(fault)))
  }
}

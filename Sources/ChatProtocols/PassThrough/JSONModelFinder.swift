import JSONText

/// Finds the top-level member `model` of a JSON object that comes piece by piece.
///
/// Reads what `JSONCursor` reads and refuses what it refuses, with the same reason and place, as far as it reads: up to
/// the closing quote of the model. The name and the value may be escaped in any way; members of that name in inner
/// objects are passed over.
///
/// Decisions that a stream forces:
/// - Of several members `model` the first one that is not null counts, because what stands behind it has not come yet.
///   Most engines let the last one win, so such a body goes to replicas of the first and is answered as the last if
///   they serve it too. Who grants access by model must read the body whole.
/// - A model that is null is one that is not there, as for ``RequestFacts``. One that is no string, empty, or longer
///   than ``RequestFacts/modelLimit`` is a fault.
/// - Bytes behind the object are not looked at.
///
/// Holds at most 1 KiB of the model's name and a bit for each open container. Cost: linear, 16 bytes a step in plain
/// strings; allocates for nested containers and names, not for each value; never recursive.
public struct JSONModelFinder: BoundedModelFinder {
  /// 1 MiB.
  public static let defaultLimit = 1 << 20

  /// The bytes within which the model must stand, its closing quote included.
  public let limit: Int
  /// Containers that may stand inside one another, the body's object included.
  public let depthLimit: Int
  public internal(set) var verdict = ModelVerdict.needMore

  private enum Place: UInt8 {
    case beforeDocument
    case beforeFirstKey
    case beforeKey
    case inKey
    case beforeColon
    case beforeValue
    case beforeFirstElement
    case inString
    case inNumber
    case inLiteral
    case behindValue
  }

  private var place = Place.beforeDocument
  private var containers = OpenContainers()
  private var string = PartialString()
  private var number = PartialNumber()
  private var literal: StaticString = "null"
  private var literalOffset = 0
  /// The value that is due or being read is the model's.
  private var isModel = false
  /// Where the opening quote of the model stands.
  private var modelStart = 0
  var offset = 0

  /// - Parameters:
  ///   - limit: the bytes that the caller is ready to hold, at least 1.
  ///   - depthLimit: containers that may stand inside one another.
  public init(
    limit: Int = JSONModelFinder.defaultLimit, depthLimit: Int = JSONCursor.defaultDepthLimit
  ) {
    precondition(limit > 0, "a limit of \(limit) bytes lets no model be found")
    self.limit = limit
    self.depthLimit = depthLimit
  }

  func verdictAtEnd() -> ModelVerdict {
    switch place {
    case .inKey, .inString: ModelDecision(string.fault(atEnd: offset)).verdict
    default: ModelDecision(offset, .unexpectedEnd).verdict
    }
  }

  mutating func scan(_ piece: UnsafeRawBufferPointer) throws(ModelDecision) {
    var index = 0
    while index < piece.count {
      let byte = piece[index]
      switch place {
      case .inString, .inKey:
        do throws(JSONError) {
          index = try string.read(piece, from: index, offset: offset)
        } catch {
          throw ModelDecision(error)
        }
        if string.isClosed { try endString(at: offset + index) }
        continue
      case .inNumber:
        if number.takesDigits, byte &- 0x30 < 10 { break }
        switch number.read(byte) {
        case .taken: break
        case .ended:
          // The byte is not the number's: look at it again.
          place = .behindValue
          continue
        case .refused: throw ModelDecision(offset + index, .invalidNumber)
        }
      case .inLiteral:
        guard byte == literal.utf8Start[literalOffset] else { throw ModelDecision(offset + index, .invalidLiteral) }
        literalOffset += 1
        if literalOffset == literal.utf8CodeUnitCount { place = .behindValue }
      default:
        if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { try structure(byte, at: offset + index) }
      }
      index += 1
    }
  }

  /// Takes a byte outside of strings, numbers and literals that is no white space.
  private mutating func structure(_ byte: UInt8, at offset: Int) throws(ModelDecision) {
    switch place {
    case .beforeDocument:
      guard byte == UInt8(ascii: "{") else {
        guard Self.startsValue(byte) else { throw ModelDecision(offset, .expectedValue) }
        throw ModelDecision(offset, .notAnObject)
      }
      try startValue(byte, at: offset)
    case .beforeFirstKey where byte == UInt8(ascii: "}"): try close()
    case .beforeFirstKey, .beforeKey:
      guard byte == UInt8(ascii: "\"") else { throw ModelDecision(offset, .expectedKey) }
      string.open(keeping: containers.depth == 1 ? Self.name.utf8CodeUnitCount : 0)
      place = .inKey
    case .beforeColon:
      guard byte == UInt8(ascii: ":") else { throw ModelDecision(offset, .expectedColon) }
      place = .beforeValue
    case .beforeFirstElement where byte == UInt8(ascii: "]"): try close()
    case .beforeFirstElement, .beforeValue: try startValue(byte, at: offset)
    default: try behindValue(byte, at: offset)
    }
  }

  private mutating func behindValue(_ byte: UInt8, at offset: Int) throws(ModelDecision) {
    switch byte {
    case UInt8(ascii: ","): place = containers.isInObject ? .beforeKey : .beforeValue
    case UInt8(ascii: "}") where containers.isInObject: try close()
    case UInt8(ascii: "]") where !containers.isInObject: try close()
    default:
      throw ModelDecision(offset, containers.isInObject ? .expectedCommaOrClosingBrace : .expectedCommaOrClosingBracket)
    }
  }

  private mutating func startValue(_ byte: UInt8, at offset: Int) throws(ModelDecision) {
    guard Self.startsValue(byte) else { throw ModelDecision(offset, .expectedValue) }
    if isModel, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "n") { throw ModelDecision(offset, .modelNotAString) }
    switch byte {
    case UInt8(ascii: "\""):
      string.open(keeping: isModel ? RequestFacts.modelLimit : 0)
      modelStart = offset
      place = .inString
      return
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard containers.depth < depthLimit else { throw ModelDecision(offset, .tooDeep) }
      let isObject = byte == UInt8(ascii: "{")
      containers.open(isObject: isObject)
      place = isObject ? .beforeFirstKey : .beforeFirstElement
    case UInt8(ascii: "t"): startLiteral("true")
    case UInt8(ascii: "f"): startLiteral("false")
    case UInt8(ascii: "n"): startLiteral("null")
    default:
      number.start(byte)
      place = .inNumber
    }
    isModel = false
  }

  private mutating func startLiteral(_ literal: StaticString) {
    self.literal = literal
    literalOffset = 1
    place = .inLiteral
  }

  /// - Parameter end: the offset past the closing quote.
  private mutating func endString(at end: Int) throws(ModelDecision) {
    guard place == .inString else {
      isModel = containers.depth == 1 && !string.isCut && string.kept.elementsEqual(Self.nameBytes)
      place = .beforeColon
      return
    }
    place = .behindValue
    guard isModel else { return }
    if string.isCut { throw ModelDecision(modelStart, .modelTooLong(limit: RequestFacts.modelLimit)) }
    if string.kept.isEmpty { throw ModelDecision(modelStart, .emptyModel) }
    throw ModelDecision(.found(value: String(decoding: string.kept, as: UTF8.self), range: modelStart..<end))
  }

  /// Leaves the innermost container; leaving the outermost one decides.
  private mutating func close() throws(ModelDecision) {
    containers.close()
    place = .behindValue
    if containers.depth == 0 { throw ModelDecision(.absent) }
  }

  private static let name: StaticString = "model"

  private static var nameBytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }

  private static func startsValue(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

extension ModelDecision {
  fileprivate init(_ error: JSONError) {
    self.init(.invalid(offset: error.offset, reason: .body(.malformedJSON(error))))
  }

  fileprivate init(_ offset: Int, _ reason: JSONError.Reason) { self.init(JSONError(offset: offset, reason: reason)) }

  fileprivate init(_ offset: Int, _ reason: RequestBodyError) {
    self.init(.invalid(offset: offset, reason: .body(reason)))
  }
}

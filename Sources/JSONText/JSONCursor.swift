/// Walks a JSON text once, front to back, checking every byte it passes against RFC 8259.
///
/// A cursor stands either before a value (at the start, after ``nextMember()``, after ``nextElement()``), just inside a
/// container it entered, or behind a value. It builds nothing: callers get ranges of the text and decode what they
/// want. Values that a caller does not ask for are skipped, and checked, on the way.
///
/// ```swift
/// var cursor = JSONCursor(bytes)
/// if try cursor.kind() == .object {
///   try cursor.enterObject()
///   while let member = try cursor.nextMember() {
///     if JSONString.equals(member.key, "model", in: bytes) { model = try cursor.skipValue() }
///   }
/// }
/// try cursor.finish()
/// ```
///
/// Stricter or laxer than others in these points: a byte order mark is refused, repeated names are passed on in order,
/// a `\u` escape of a lone surrogate is accepted (it stands for U+FFFD), numbers may have any size.
///
/// Cost: linear, no allocation up to 64 levels, one bit a level beyond; never recursive. The cursor borrows the bytes:
/// it must not outlive the closure that lent them. Not for use by several threads at once.
public struct JSONCursor {
  /// Levels of nesting that are accepted unless a caller says otherwise.
  public static let defaultDepthLimit = 10_000

  private enum Place {
    case beforeValue
    case insideContainer
    case behindValue
  }

  private let bytes: UnsafeRawBufferPointer
  private let depthLimit: Int
  private var stack = ContainerStack()
  private var place = Place.beforeValue
  /// Index of the next byte to read: that of a value's first byte when the cursor stands before a value, past its last
  /// byte when it stands behind one.
  public private(set) var position: Int

  /// A cursor before the value at or after `offset` (white space is passed).
  ///
  /// - Parameter depthLimit: containers that may stand inside one another, counted from `offset`.
  public init(
    _ bytes: UnsafeRawBufferPointer, at offset: Int = 0,
    depthLimit: Int = JSONCursor.defaultDepthLimit
  ) {
    precondition(
      offset >= 0 && offset <= bytes.count, "offset \(offset) is outside of \(bytes.count) bytes")
    self.bytes = bytes
    self.depthLimit = depthLimit
    position = offset
    position = skipWhitespace(offset)
  }

  /// Containers entered and not left yet.
  public var depth: Int { stack.depth }

  // MARK: Walking

  /// The kind of the value that the cursor stands before, judged by its first byte.
  public func kind() throws(JSONError) -> JSONKind {
    precondition(place == .beforeValue, "the cursor stands before no value")
    return try kind(at: position)
  }

  /// Enters the object that the cursor stands before.
  public mutating func enterObject() throws(JSONError) {
    precondition(
      place == .beforeValue && byte(position) == UInt8(ascii: "{"),
      "the cursor stands before no object")
    try open(isObject: true, at: position)
    position += 1
    place = .insideContainer
  }

  /// Enters the array that the cursor stands before.
  public mutating func enterArray() throws(JSONError) {
    precondition(
      place == .beforeValue && byte(position) == UInt8(ascii: "["),
      "the cursor stands before no array")
    try open(isObject: false, at: position)
    position += 1
    place = .insideContainer
  }

  /// Goes to the next member of the innermost entered object: the cursor then stands before its value. A value not
  /// asked for is skipped.
  ///
  /// - Returns: nil after the last member; the object is then left and ``position`` is past its brace.
  public mutating func nextMember() throws(JSONError) -> JSONMember? {
    if place == .beforeValue { try skipValue() }
    precondition(stack.depth > 0 && stack.isInObject, "the cursor is in no object")
    var index = skipWhitespace(position)
    if byte(index) == UInt8(ascii: "}") {
      leave(at: index)
      return nil
    }
    if place == .behindValue {
      guard byte(index) == UInt8(ascii: ",") else {
        throw failure(index, .expectedCommaOrClosingBrace)
      }
      index = skipWhitespace(index + 1)
    }
    let key = try key(at: index)
    index = skipWhitespace(key.range.upperBound)
    guard byte(index) == UInt8(ascii: ":") else { throw failure(index, .expectedColon) }
    position = skipWhitespace(index + 1)
    place = .beforeValue
    return JSONMember(key: key, kind: try kind(at: position))
  }

  /// Goes to the next element of the innermost entered array: the cursor then stands before it. An element not asked
  /// for is skipped.
  ///
  /// - Returns: nil after the last element; the array is then left and ``position`` is past its bracket.
  public mutating func nextElement() throws(JSONError) -> JSONKind? {
    if place == .beforeValue { try skipValue() }
    precondition(stack.depth > 0 && !stack.isInObject, "the cursor is in no array")
    var index = skipWhitespace(position)
    if byte(index) == UInt8(ascii: "]") {
      leave(at: index)
      return nil
    }
    if place == .behindValue {
      guard byte(index) == UInt8(ascii: ",") else {
        throw failure(index, .expectedCommaOrClosingBracket)
      }
      index = skipWhitespace(index + 1)
    }
    position = index
    place = .beforeValue
    return try kind(at: index)
  }

  /// Passes the value that the cursor stands before, with all it contains.
  @discardableResult
  public mutating func skipValue() throws(JSONError) -> JSONExtent {
    precondition(place == .beforeValue, "the cursor stands before no value")
    let start = position
    let extent: JSONExtent
    let first = byte(start)
    if first == UInt8(ascii: "\"") {
      extent = try StringScan.string(bytes, at: start)
    } else if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      let end = try skipContainer(from: start)
      extent = JSONExtent(kind: first == UInt8(ascii: "{") ? .object : .array, range: start..<end)
    } else {
      let kind = try kind(at: start)
      extent = JSONExtent(kind: kind, range: start..<(try scalarEnd(start)))
    }
    position = extent.range.upperBound
    place = .behindValue
    return extent
  }

  /// Checks that nothing but white space follows the value that was walked.
  public mutating func finish() throws(JSONError) {
    if place == .beforeValue { try skipValue() }
    precondition(stack.depth == 0, "finish() inside a container")
    position = skipWhitespace(position)
    guard position == bytes.count else { throw JSONError(offset: position, reason: .trailingBytes) }
  }

  // MARK: Passing over whole containers

  /// - Returns: the index past the container that starts at `start`.
  private mutating func skipContainer(from start: Int) throws(JSONError) -> Int {
    let outside = stack.depth
    var index = start
    while true {
      // Before a value.
      switch byte(index) {
      case UInt8(ascii: "\""):
        index = try StringScan.string(bytes, at: index).range.upperBound
      case UInt8(ascii: "{"):
        try open(isObject: true, at: index)
        index = skipWhitespace(index + 1)
        if byte(index) == UInt8(ascii: "}") {
          stack.pop()
          index += 1
        } else {
          index = try valueStart(afterKeyAt: index)
          continue
        }
      case UInt8(ascii: "["):
        try open(isObject: false, at: index)
        index = skipWhitespace(index + 1)
        if byte(index) == UInt8(ascii: "]") {
          stack.pop()
          index += 1
        } else {
          continue
        }
      default:
        index = try scalarEnd(index)
      }
      // Behind a value.
      while true {
        if stack.depth == outside { return index }
        index = skipWhitespace(index)
        let next = byte(index)
        if stack.isInObject {
          if next == UInt8(ascii: ",") {
            index = try valueStart(afterKeyAt: skipWhitespace(index + 1))
            break
          }
          guard next == UInt8(ascii: "}") else {
            throw failure(index, .expectedCommaOrClosingBrace)
          }
        } else {
          if next == UInt8(ascii: ",") {
            index = skipWhitespace(index + 1)
            break
          }
          guard next == UInt8(ascii: "]") else {
            throw failure(index, .expectedCommaOrClosingBracket)
          }
        }
        stack.pop()
        index += 1
      }
    }
  }

  /// Passes a member's name and colon.
  @inline(__always)
  private func valueStart(afterKeyAt index: Int) throws(JSONError) -> Int {
    let key = try key(at: index)
    let colon = skipWhitespace(key.range.upperBound)
    guard byte(colon) == UInt8(ascii: ":") else { throw failure(colon, .expectedColon) }
    return skipWhitespace(colon + 1)
  }

  @inline(__always)
  private func key(at index: Int) throws(JSONError) -> JSONExtent {
    guard byte(index) == UInt8(ascii: "\"") else { throw failure(index, .expectedKey) }
    return try StringScan.string(bytes, at: index)
  }

  /// - Returns: the index past the number or literal at `index`.
  @inline(__always)
  private func scalarEnd(_ index: Int) throws(JSONError) -> Int {
    switch byte(index) {
    case UInt8(ascii: "t"): return try literalEnd(index, "true")
    case UInt8(ascii: "f"): return try literalEnd(index, "false")
    case UInt8(ascii: "n"): return try literalEnd(index, "null")
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      return try NumberScan.end(bytes, from: index)
    default: throw failure(index, .expectedValue)
    }
  }

  @inline(__always)
  private func literalEnd(_ index: Int, _ literal: StaticString) throws(JSONError) -> Int {
    for offset in 0..<literal.utf8CodeUnitCount
    where byte(index + offset) != literal.utf8Start[offset] {
      throw failure(index + offset, .invalidLiteral)
    }
    return index + literal.utf8CodeUnitCount
  }

  // MARK: Bytes and containers

  @inline(__always)
  private func kind(at index: Int) throws(JSONError) -> JSONKind {
    switch byte(index) {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "t"): return .true
    case UInt8(ascii: "f"): return .false
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return .number
    default: throw failure(index, .expectedValue)
    }
  }

  @inline(__always)
  private mutating func open(isObject: Bool, at index: Int) throws(JSONError) {
    guard stack.depth < depthLimit else { throw JSONError(offset: index, reason: .tooDeep) }
    stack.push(isObject: isObject)
  }

  @inline(__always)
  private mutating func leave(at index: Int) {
    stack.pop()
    position = index + 1
    place = .behindValue
  }

  /// The byte at `index`, or 0, which may stand nowhere in a JSON text, past the end.
  @inline(__always)
  private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  @inline(__always)
  private func skipWhitespace(_ start: Int) -> Int {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        break
      }
      index += 1
    }
    return index
  }

  private func failure(_ index: Int, _ reason: JSONError.Reason) -> JSONError {
    index < bytes.count
      ? JSONError(offset: index, reason: reason)
      : JSONError(offset: bytes.count, reason: .unexpectedEnd)
  }
}

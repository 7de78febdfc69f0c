import JSONText

/// A value inside a JSON text that is already known to be valid, for configuration files: nothing is decoded until it is
/// asked for. Looking up a member walks the object. Valid as long as the bytes are.
struct JSONNode {
  let bytes: UnsafeRawBufferPointer
  private let extent: JSONExtent

  /// The whole text.
  ///
  /// - Throws: the first fault of the text.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(EncoderModelError) {
    do {
      try JSONText.validate(bytes, depthLimit: 64)
      var cursor = JSONCursor(bytes)
      extent = try cursor.skipValue()
    } catch {
      throw EncoderModelError(path, "is not JSON: \(error)")
    }
    self.bytes = bytes
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ extent: JSONExtent) {
    self.bytes = bytes
    self.extent = extent
  }

  var isObject: Bool { extent.kind == .object }
  var isArray: Bool { extent.kind == .array }
  var isNull: Bool { extent.kind == .null }

  var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

  /// The bytes of a string, unescaped.
  var utf8: [UInt8]? { extent.kind == .string ? JSONString.unescaped(extent, in: bytes) : nil }

  var integer: Int? { JSONNumber.integer(extent, in: bytes) }

  var double: Double? { JSONNumber.double(extent, in: bytes) }

  var boolean: Bool? {
    switch extent.kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// The member of that name; the last one if there are several; nil if there is none, it is null, or this is no object.
  subscript(_ name: StaticString) -> JSONNode? {
    var found: JSONNode?
    forEachMember { key, value in if JSONString.equals(key, name, in: bytes) { found = value.isNull ? nil : value } }
    return found
  }

  /// The elements of an array; none of any other value.
  var elements: [JSONNode] {
    var found: [JSONNode] = []
    forEachElement { found.append($0) }
    return found
  }

  func forEachElement(_ body: (JSONNode) -> Void) {
    guard isArray else { return }
    walk { cursor throws(JSONError) in
      try cursor.enterArray()
      while try cursor.nextElement() != nil { body(JSONNode(bytes, try cursor.skipValue())) }
    }
  }

  /// Hands over the members of an object in order, names unescaped.
  func forEachEntry(_ body: ([UInt8], JSONNode) -> Void) {
    forEachMember { key, value in body(JSONString.unescaped(key, in: bytes), value) }
  }

  private func forEachMember(_ body: (JSONExtent, JSONNode) -> Void) {
    guard isObject else { return }
    walk { cursor throws(JSONError) in
      try cursor.enterObject()
      while let member = try cursor.nextMember() { body(member.key, JSONNode(bytes, try cursor.skipValue())) }
    }
  }

  private func walk(_ body: (inout JSONCursor) throws(JSONError) -> Void) {
    var cursor = JSONCursor(bytes, at: extent.range.lowerBound)
    do { try body(&cursor) } catch { preconditionFailure("a checked text is valid: \(error)") }
  }
}

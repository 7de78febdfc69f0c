import JSONText

/// A member that an edit sets.
struct NestedMember: Sendable, Equatable {
  var key: String
  var value: JSONFragment

  /// Appends the member as JSON, without a comma.
  func append(to bytes: inout [UInt8]) {
    JSONString.append(key, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: value.bytes)
  }
}

/// Setting members of an object: in place where they are, behind the last member where they are not.
enum ObjectMerge {
  /// - Parameter start: the index of the object's opening brace in checked bytes.
  static func splice(
    _ members: [NestedMember], intoObjectAt start: Int, of bytes: UnsafeRawBufferPointer,
    _ splices: inout ByteSplices
  ) {
    // By member, where it is; empty as long as none is found.
    var places: [Range<Int>?] = []
    var end = start + 1
    var isEmpty = true
    checked { () throws(JSONError) in
      var cursor = JSONCursor(bytes, at: start)
      try cursor.enterObject()
      while let present = try cursor.nextMember() {
        let value = try cursor.skipValue()
        end = value.range.upperBound
        isEmpty = false
        if let index = members.firstIndex(where: { isNamed(present.key, $0.key, in: bytes) }) {
          if places.isEmpty { places = Array(repeating: nil, count: members.count) }
          places[index] = value.range
        }
      }
    }
    var appended: [UInt8] = []
    for (index, member) in members.enumerated() {
      if !places.isEmpty, let place = places[index] {
        splices.replace(place, with: member.value.bytes)
      } else {
        if !isEmpty { appended.append(UInt8(ascii: ",")) }
        member.append(to: &appended)
        isEmpty = false
      }
    }
    if !appended.isEmpty { splices.insert(appended, at: end) }
  }
}

/// Whether a member's name, unescaped, is `name`.
func isNamed(_ key: JSONExtent, _ name: String, in bytes: UnsafeRawBufferPointer) -> Bool {
  guard key.unescapedLength == name.utf8.count else { return false }
  var name = name
  return name.withUTF8 { JSONString.equals(key, UnsafeRawBufferPointer($0), in: bytes) }
}

extension JSONFragment {
  var isObject: Bool { first == UInt8(ascii: "{") }
  var isArray: Bool { first == UInt8(ascii: "[") }

  private var first: UInt8? {
    bytes.first { $0 > 0x20 }
  }

  /// The fragment with splices that keep it valid.
  func spliced(_ make: (UnsafeRawBufferPointer, inout ByteSplices) -> Void) -> JSONFragment {
    let edited = bytes.withUnsafeBytes { bytes in
      var splices = ByteSplices()
      make(bytes, &splices)
      return splices.apply(to: bytes)
    }
    guard let fragment = try? JSONFragment(validating: edited) else {
      preconditionFailure("an edit made a JSON value invalid")
    }
    return fragment
  }
}

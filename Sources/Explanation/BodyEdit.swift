import ChatProtocols
import JSONText

/// One change to a request's body on its way to the engine, with a little of what stands around it.
public struct BodyEdit: Sendable, Equatable {
  /// The longest ``removed`` or ``added``, in bytes; longer ones lose their middle.
  public static let snippetLimit = 480
  /// The longest ``before`` or ``after``, in bytes.
  public static let contextLimit = 24

  /// The member of the body that changes; several, or new ones, are listed with commas.
  public var member: String
  /// Where in the original body.
  public var offset: Int
  public var removedBytes: Int
  public var addedBytes: Int
  /// What stood there; empty for an insertion.
  public var removed: String
  /// What comes there; empty for a removal.
  public var added: String
  public var before: String
  public var after: String

  /// The edits that splices make, in the order of the body.
  ///
  /// - Parameter facts: those of `body`.
  static func edits(_ splices: ByteSplices, of body: UnsafeRawBufferPointer, facts: RequestFacts) -> [BodyEdit] {
    splices.splices.map { splice in
      let range = splice.range
      return BodyEdit(
        member: member(of: splice, in: body, facts: facts), offset: range.lowerBound, removedBytes: range.count,
        addedBytes: splice.replacement.count,
        removed: Snippet.shortened(UnsafeRawBufferPointer(rebasing: body[range]), limit: snippetLimit),
        added: splice.replacement.withUnsafeBytes { Snippet.shortened($0, limit: snippetLimit) },
        before: Snippet.end(of: UnsafeRawBufferPointer(rebasing: body[..<range.lowerBound]), limit: contextLimit),
        after: Snippet.start(of: UnsafeRawBufferPointer(rebasing: body[range.upperBound...]), limit: contextLimit))
    }
  }

  private static func member(
    of splice: ByteSplices.Splice, in body: UnsafeRawBufferPointer, facts: RequestFacts
  ) -> String {
    func name(_ key: JSONExtent) -> String { JSONString.text(key, in: body) }
    let range = splice.range
    if let inside = facts.members.first(where: {
      $0.value.range.lowerBound <= range.lowerBound && range.lowerBound < $0.value.range.upperBound
    }) {
      return name(inside.key)
    }
    let removed = facts.members.filter {
      range.lowerBound <= $0.key.range.lowerBound && $0.key.range.upperBound <= range.upperBound
    }
    if !removed.isEmpty { return removed.map { name($0.key) }.joined(separator: ", ") }
    return addedMembers(splice.replacement).joined(separator: ", ")
  }

  /// The names in `,"a":1,"b":2`: members that are appended to the body.
  private static func addedMembers(_ bytes: [UInt8]) -> [String] {
    let object = [UInt8(ascii: "{")] + bytes.drop { $0 == UInt8(ascii: ",") } + [UInt8(ascii: "}")]
    return object.withUnsafeBytes { object in
      var names: [String] = []
      var cursor = JSONCursor(object)
      guard (try? cursor.enterObject()) != nil else { return names }
      while let member = try? cursor.nextMember() {
        names.append(JSONString.text(member.key, in: object))
      }
      return names
    }
  }
}

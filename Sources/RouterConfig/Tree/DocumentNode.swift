/// A node of a configuration document: what YAML says, before anything is known of its meaning, with its place.
///
/// The loader checks and decodes this tree, the migration rewrites it, and the writer prints it. Null values count as
/// keys that were left out.
struct DocumentNode: Sendable, Equatable {
  struct Scalar: Sendable, Equatable {
    var text: String
    /// Written without quotes, so that `8080`, `true` and `~` are a number, a Boolean and nothing.
    var isPlain: Bool
    /// Some of ``text`` came out of an environment variable: never to be shown.
    var isFromEnvironment = false
    /// The variable when the scalar was nothing but a reference to it.
    var environmentName: String?
  }

  struct Entry: Sendable, Equatable {
    var key: String
    var keyLocation: SourceLocation
    var value: DocumentNode
  }

  enum Content: Sendable, Equatable {
    case null
    case scalar(Scalar)
    case sequence([DocumentNode])
    case mapping([Entry])
  }

  var content: Content
  var location: SourceLocation

  init(_ content: Content, at location: SourceLocation) {
    self.content = content
    self.location = location
  }

  /// A text that needs quotes wherever a plain one would be read as something else.
  static func text(_ text: String, at location: SourceLocation) -> DocumentNode {
    DocumentNode(.scalar(Scalar(text: text, isPlain: false)), at: location)
  }

  /// A number, a Boolean or another word that is not to be quoted.
  static func plain(_ text: String, at location: SourceLocation) -> DocumentNode {
    DocumentNode(.scalar(Scalar(text: text, isPlain: true)), at: location)
  }

  static func mapping(_ pairs: [(String, DocumentNode)], at location: SourceLocation) -> DocumentNode {
    DocumentNode(
      .mapping(pairs.map { Entry(key: $0.0, keyLocation: $0.1.location, value: $0.1) }), at: location)
  }

  // MARK: Structure

  var isNull: Bool { content == .null }

  /// The entries of a mapping, in order; nil for anything else.
  var entries: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }

  /// The elements of a sequence; nil for anything else.
  var elements: [DocumentNode]? { if case .sequence(let elements) = content { elements } else { nil } }

  var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// The value of a mapping's key; nil when it is absent or null. Setting nil removes the key.
  subscript(key: String) -> DocumentNode? {
    get {
      guard let value = entries?.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
      return value
    }
    set {
      var entries = entries ?? []
      let position = entries.firstIndex { $0.key == key }
      switch (position, newValue) {
      case (let position?, let value?): entries[position].value = value
      case (let position?, nil): entries.remove(at: position)
      case (nil, let value?): entries.append(Entry(key: key, keyLocation: value.location, value: value))
      case (nil, nil): return
      }
      content = .mapping(entries)
    }
  }

  /// The node at `path`, or the nearest ancestor that exists.
  func nearest(to path: DocumentPath) -> DocumentNode {
    var node = self
    for step in path.steps {
      switch step {
      case .key(let key):
        guard let value = node.entries?.first(where: { $0.key == key })?.value else { return node }
        node = value
      case .index(let index):
        guard let elements = node.elements, elements.indices.contains(index) else { return node }
        node = elements[index]
      }
    }
    return node
  }

  // MARK: Values

  /// The text of a scalar, however it was written.
  var text: String? { scalar?.text }

  var boolean: Bool? {
    guard let scalar, scalar.isPlain || scalar.isFromEnvironment else { return nil }
    return switch scalar.text.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  var integer: Int? {
    guard let scalar, scalar.isPlain || scalar.isFromEnvironment else { return nil }
    return Int(scalar.text)
  }

  /// A finite decimal number.
  var number: Double? {
    guard let scalar, scalar.isPlain || scalar.isFromEnvironment else { return nil }
    let isDecimal = scalar.text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    guard isDecimal, let value = Double(scalar.text), value.isFinite else { return nil }
    return value
  }

  /// The texts of a sequence of scalars; elements that are none are left out.
  var texts: [String]? { elements?.compactMap(\.text) }

  /// A mapping of names to texts.
  var textMap: [String: String]? {
    entries?.reduce(into: [:]) { map, entry in map[entry.key] = entry.value.text }
  }
}

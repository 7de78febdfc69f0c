/// The fleet as one request sees it: published whole, never changed.
public struct FleetSnapshot: Sendable {
  public let models: [FleetModel]
  /// Every replica once, whatever the number of models it serves.
  public let replicas: [Replica]
  private let modelIndex: [String: Int]

  /// - Precondition: model names are unique.
  public init(models: [FleetModel], replicas: [Replica]) {
    self.models = models
    self.replicas = replicas
    modelIndex = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($1.name, $0) })
  }

  public func index(ofModel name: String) -> Int? { modelIndex[name] }
  public func model(named name: String) -> FleetModel? { modelIndex[name].map { models[$0] } }
}

/// A model and where it runs.
public struct FleetModel: Sendable {
  public let name: String
  public let placements: [Placement]
  /// LoRA adapters that this model's replicas serve under names of their own.
  public let adapters: [String]

  public init(name: String, placements: [Placement], adapters: [String] = []) {
    self.name = name
    self.placements = placements
    self.adapters = adapters
  }
}

/// A model on a replica.
public struct Placement: Sendable {
  public let replica: Replica
  /// Share of the traffic relative to the model's other placements; 0 takes none.
  public let weight: Int
  /// The name that the engine knows the model by.
  public let upstreamModel: String
  /// Precedes the client's path, such as `/openai`.
  public let pathPrefix: String
  /// Replaces the path of chat completions when the document says so.
  public let chatPath: String?
  /// Header lines sent to this replica, each `name: value CRLF`; holds the credential, so it is never printed.
  public let headerLines: HeaderLines

  public init(
    replica: Replica, weight: Int = 1, upstreamModel: String, pathPrefix: String = "", chatPath: String? = nil,
    headerLines: HeaderLines = HeaderLines()
  ) {
    self.replica = replica
    self.weight = weight
    self.upstreamModel = upstreamModel
    self.pathPrefix = pathPrefix
    self.chatPath = chatPath
    self.headerLines = headerLines
  }
}

/// Header lines ready for the wire. They may hold a credential, so they print as their number only.
public struct HeaderLines: Sendable, CustomStringConvertible, CustomReflectable {
  public private(set) var bytes: [UInt8] = []
  /// Whether an `authorization` line is among them: then the client's own is not forwarded.
  public private(set) var setsAuthorization = false
  /// Lower-case names, for replacing the client's fields of the same name.
  public private(set) var names: [String] = []

  public init() {}

  /// - Precondition: neither holds a control character.
  public mutating func append(name: String, value: String) {
    precondition(!(name + value).utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a header line holds a control character")
    bytes.append(contentsOf: "\(name): \(value)\r\n".utf8)
    names.append(name.lowercased())
    if name.lowercased() == "authorization" { setsAuthorization = true }
  }

  public var description: String { "\(names.count) header lines" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

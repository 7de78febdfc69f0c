/// The fleet as one request sees it: published whole, never changed.
public struct FleetSnapshot: Sendable {
  public let models: [FleetModel]
  /// Every replica once, whatever the number of models it serves.
  public let replicas: [Replica]
  /// The identity of the next replica that is made: above those of all replicas that this fleet or one before it had,
  /// so that no identity is ever given twice.
  public let nextReplicaID: Int
  private let modelIndex: [String: Int]

  /// - Parameter previous: the snapshot that this one replaces.
  /// - Precondition: model names are unique.
  public init(models: [FleetModel], replicas: [Replica], replacing previous: FleetSnapshot? = nil) {
    self.models = models
    self.replicas = replicas
    nextReplicaID = max(previous?.nextReplicaID ?? 0, (replicas.map(\.id).max() ?? -1) + 1)
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
  public let policy: ModelPolicy
  /// Of adapters that engines were asked about: the placements whose replicas have it.
  private let adapterPlacements: [String: [Placement]]

  /// - Parameter holders: by adapter, the replicas (by identity) that said they have it. An adapter that is not in it, or
  ///   that none of the model's replicas has, is asked for on all of them.
  public init(
    name: String, placements: [Placement], adapters: [String] = [], holders: [String: Set<Int>] = [:],
    policy: ModelPolicy = ModelPolicy()
  ) {
    self.policy = policy
    self.name = name
    self.placements = placements
    self.adapters = adapters
    adapterPlacements = holders.compactMapValues { ids in
      let having = placements.filter { ids.contains($0.replica.id) }
      return having.isEmpty ? nil : having
    }
  }

  /// Where a request may go: the adapter's placements, or all.
  public func placements(for adapter: String?) -> [Placement] {
    guard let adapter else { return placements }
    return adapterPlacements[adapter] ?? placements
  }
}

/// A model on a replica.
public struct Placement: Sendable {
  /// Shown in traces and logs: the backend's name for this model, where several models share a replica.
  public let name: String
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
    name: String? = nil, replica: Replica, weight: Int = 1, upstreamModel: String, pathPrefix: String = "",
    chatPath: String? = nil,
    headerLines: HeaderLines = HeaderLines()
  ) {
    self.name = name ?? replica.name
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

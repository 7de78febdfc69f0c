import Foundation

/// Two engines on loopback ports, served by whoever calls ``step(now:)``. All of their connections answer alike: as
/// the input of the iteration says, or soundly when there is none.
final class Engines {
  private final class Connection {
    let socket: Socket
    var inbound: [UInt8] = []
    var outbound: Pieces?
    /// The request that comes has had its answer.
    var hasAnswered = false
    var isFinished = false

    init(_ socket: Socket) { self.socket = socket }
  }

  let ports: [Int]
  private let listeners: [Socket]
  private var connections: [Connection] = []
  /// What is answered now; nil answers soundly.
  var input: Input?
  /// Requests that came whole.
  private(set) var requests = 0

  init() throws {
    let listening = try (0..<2).map { _ in try Socket.listening() }
    listeners = listening.map(\.socket)
    ports = listening.map(\.port)
  }

  /// Connections that are open on this side.
  var openConnections: Int { connections.count }
  var descriptors: [Int32] { listeners.map(\.descriptor) + connections.map(\.socket.descriptor) }

  /// Does all that can be done now.
  ///
  /// - Returns: whether anything happened.
  func step(now: UInt64) throws -> Bool {
    var isBusy = false
    for listener in listeners {
      while let socket = listener.accepted() {
        connections.append(Connection(socket))
        isBusy = true
      }
    }
    for connection in connections where try step(connection, now: now) { isBusy = true }
    connections.removeAll { !$0.socket.isOpen }
    return isBusy
  }

  private func step(_ connection: Connection, now: UInt64) throws -> Bool {
    var isBusy = false
    switch connection.socket.read() {
    case .bytes(let bytes):
      // After a half-close nothing is read but the end.
      if !connection.isFinished { connection.inbound += bytes }
      isBusy = true
    case .end:
      connection.socket.close()
      return true
    case .nothing: break
    }
    if connection.outbound == nil { try takeRequest(connection) }
    guard connection.outbound != nil else { return isBusy }
    guard connection.outbound?.send(to: connection.socket, now: now) ?? true else {
      connection.socket.close()
      return true
    }
    if connection.outbound?.isSent ?? false {
      connection.outbound = nil
      isBusy = true
      finish(connection)
      // Another one may wait already, where the answer came early.
      if connection.socket.isOpen, !connection.isFinished { try takeRequest(connection) }
    }
    return isBusy
  }

  private func takeRequest(_ connection: Connection) throws {
    guard !connection.isFinished, !connection.inbound.isEmpty else { return }
    let (_, outcome) = try MessageReader(bytes: connection.inbound).message(at: 0, .request)
    let isWhole: Bool
    if case .whole(let end) = outcome {
      connection.inbound.removeFirst(end)
      requests += 1
      isWhole = true
    } else {
      isWhole = false
    }
    let wasAnswered = connection.hasAnswered
    connection.hasAnswered = !isWhole && (wasAnswered || input?.answersEarly ?? false)
    guard !wasAnswered, isWhole || connection.hasAnswered else { return }
    connection.outbound =
      input.map { Pieces($0.answer, cuts: $0.answerCuts, pause: $0.pause) }
      ?? Pieces(Array(Corpus.goodAnswer.utf8), cuts: [], pause: 0)
  }

  private func finish(_ connection: Connection) {
    switch input?.engine ?? .keeps {
    case .keeps: break
    case .closes: connection.socket.close()
    case .resets: connection.socket.close(resetting: true)
    case .halfCloses:
      connection.socket.endWriting()
      connection.isFinished = true
    }
  }

  /// Closes all connections, as engines do that restart.
  func closeConnections() {
    for connection in connections { connection.socket.close() }
    connections = []
  }
}

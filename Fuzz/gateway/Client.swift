/// A client that sends the request of an input and does as the input says.
final class Client {
  let socket: Socket
  private var pieces: Pieces
  private let input: Input
  private(set) var received: [UInt8] = []
  /// The gateway has closed its side.
  private(set) var isEnded = false
  /// The connection is over, whoever ended it.
  private(set) var isOver = false
  private var hasActed = false
  var hasSent: Bool { pieces.isSent }
  private var hasEndedWriting = false

  init(port: Int, _ input: Input) throws {
    self.input = input
    socket = try Socket.connecting(port: port)
    pieces = Pieces(input.request, cuts: input.requestCuts, pause: input.pause)
  }

  /// Does what can be done now.
  ///
  /// - Returns: whether anything happened.
  func step(now: UInt64) -> Bool {
    guard !isOver else { return false }
    var isBusy = false
    if !pieces.isSent {
      // What the gateway has to say may still be there when it takes no more.
      if !pieces.send(to: socket, now: now) { pieces = Pieces([], cuts: [], pause: 0) }
      isBusy = true
    } else if !hasActed {
      hasActed = true
      act()
      isBusy = true
    }
    guard !isOver else { return true }
    switch socket.read() {
    case .bytes(let bytes):
      received += bytes
      isBusy = true
    case .end(let isReset):
      isEnded = !isReset
      isOver = true
    case .nothing: break
    }
    return isBusy
  }

  private func act() {
    switch input.client {
    case .waits: break
    case .halfCloses: endWriting()
    case .closes: leave(resetting: false)
    case .resets: leave(resetting: true)
    }
  }

  /// Nothing happens any more: ends its side, and then the connection. Behind the end of its side the gateway could not
  /// tell a plain close from waiting, so that is a reset.
  func goFurther() {
    if hasEndedWriting || input.isHTTP2 { leave(resetting: hasEndedWriting) } else { endWriting() }
  }

  private func endWriting() {
    hasEndedWriting = true
    socket.endWriting()
  }

  private func leave(resetting: Bool) {
    isOver = true
    socket.close(resetting: resetting)
  }
}

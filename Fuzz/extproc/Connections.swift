import ExtProc
import FuzzCommand
import HTTP2Scripts
import NIOCore
import NIOEmbedded
import Seeded

/// Connections to the external processor, frame by frame, without sockets: whoever breaks a rule of HTTP/2 is told so by
/// GOAWAY or RST_STREAM, sound calls beside it are answered, what is sent back is HTTP/2, and what was counted is given
/// back.
final class Connections {
  private let sessions: Sessions
  private let eventLoop = EmbeddedEventLoop()
  private let loop: ProcessorLoop

  init(_ sessions: Sessions) {
    self.sessions = sessions
    loop = ProcessorLoop(
      eventLoop: eventLoop, of: 1, settings: ExtProcSettings(role: .both), context: sessions.context,
      snapshot: sessions.snapshot)
  }

  /// Sends a script, cut at random.
  ///
  /// - Throws: ``Broken``.
  func check(_ script: HTTP2Script, _ tally: inout Tally, _ generator: inout SeededGenerator) throws {
    let channel = EmbeddedChannel(handlers: loop.connectionHandlers(), loop: eventLoop)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    var rest = script.bytes[...]
    while !rest.isEmpty, channel.isActive {
      let count = Int.random(in: 1...min(rest.count, 400), using: &generator)
      // A fault of the peer's is an error in the channel too.
      _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    eventLoop.run()
    var sent: [UInt8] = []
    while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { sent += bytes.readableBytesView }
    let answer = try HTTP2Answer(sent)
    if case .any = script.outcome {
    } else {
      guard script.isMet(by: answer) else { throw Broken("\(script.name): not \(script.outcome) but \(answer)") }
      tally.certain += 1
    }
    tally.resets += answer.resets.count
    tally.answers += answer.ended.count
    if answer.goAway != nil { tally.goAways += 1 }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    eventLoop.run()
    try sessions.checkNothingIsCounted()
    guard loop.connectionCount == 0 else { throw Broken("a connection is counted after its end") }
  }
}

import FuzzCommand
import HTTP2Scripts

/// One HTTP/2 connection to the gateway, frame by frame.
extension Trial {
  /// Sends a script, and checks what the gateway makes of it.
  ///
  /// - Parameter input: how the bytes are cut, and what engines answer where the script wants nothing certain.
  func run(_ script: HTTP2Script, as input: Input, _ tally: inout Tally) throws {
    var input = input
    input.request = script.bytes
    let wantsAny = if case .any = script.outcome { true } else { false }
    // A client that leaves need not be told anything.
    if !wantsAny { input.client = .waits }
    testbed.engines.input = wantsAny ? input : nil
    let before = testbed.engines.requests
    let client = try Client(port: testbed.port, input)
    defer { client.socket.close() }
    // Longer than the gateway's own timeouts.
    let silence = UInt64(patience * 200_000_000)
    var lastEvent = Self.now
    var hasEnded = false
    var answer = try HTTP2Answer([])
    try wait("\(script.name): the gateway answers as it must") {
      let now = Self.now
      if client.step(now: now) {
        lastEvent = now
        answer = try HTTP2Answer(client.received)
      }
      if client.isOver { return true }
      guard client.hasSent else { return false }
      if !wantsAny { return script.isMet(by: answer) }
      if now - lastEvent > silence, !hasEnded {
        // It must end with its client's side, whatever came.
        hasEnded = true
        client.socket.endWriting()
      }
      return false
    } otherwise: {
      "it sent \(Input.escaped(Array(client.received.prefix(2_000))))"
    }
    answer = try HTTP2Answer(client.received)
    guard wantsAny || script.isMet(by: answer) else {
      throw Broken("\(script.name): not \(script.outcome) but \(answer)")
    }
    tally.count(answer, isSound: !wantsAny)
    tally.reached += testbed.engines.requests - before
    client.socket.close()
    try settle()
  }
}

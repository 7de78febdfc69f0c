import Foundation
import FuzzCommand

/// One input sent through the gateway, and what must hold then. Serves the engines itself: clients and engines share
/// this thread, the gateway has its own.
struct Trial {
  let testbed: Testbed
  /// Seconds after which something that must happen counts as hanging.
  let patience: Double
  /// Descriptors of the process while nobody is connected.
  let descriptors: Int

  static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

  /// Descriptors that the process has open.
  static func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  /// Descriptors that are open although nobody is connected, once the gateway has served something.
  static func restingDescriptors(_ testbed: Testbed) throws -> Int {
    let first = Trial(testbed: testbed, patience: 10, descriptors: .max / 2)
    for _ in 0..<8 { try first.sendGood() }
    testbed.engines.closeConnections()
    // A descriptor that closes late would be taken for one that stays: the lowest count of a while is the true one.
    var lowest = Int.max
    for _ in 0..<100 {
      _ = try testbed.engines.step(now: now)
      lowest = min(lowest, try openDescriptors())
      usleep(2_000)
    }
    return lowest
  }

  func run(_ input: Input, _ tally: inout Tally) throws {
    testbed.engines.input = input
    let requestsBefore = testbed.engines.requests
    try send(input, &tally)
    tally.reached += testbed.engines.requests - requestsBefore
    try settle()
  }

  /// Whatever came before: the counters come to rest, a good request is served, and no descriptor is left open.
  func settle() throws {
    try wait("the counters are back at nothing") {
      testbed.isIdle
    } otherwise: {
      testbed.counts
    }
    testbed.engines.input = nil
    try sendGood()
    try wait("the counters are back at nothing behind a good request") {
      testbed.isIdle
    } otherwise: {
      testbed.counts
    }
    // Each connection to an engine has an end on both sides.
    try wait("connections are closed") {
      try Self.openDescriptors() <= descriptors + 2 * testbed.engines.openConnections
    } otherwise: {
      "\((try? Self.openDescriptors()) ?? 0) descriptors, \(descriptors) without connections, "
        + "\(testbed.engines.openConnections) connections to engines"
    }
  }

  // MARK: The input

  private func send(_ input: Input, _ tally: inout Tally) throws {
    let list = RequestList(input.request, limits: testbed.settings.httpLimits)
    // All is sound: then every answer must come, whole.
    let mustBeServed =
      input.requestCount != nil && input.isAnswerSound && input.client == .waits && !input.answersEarly
    let client = try Client(port: testbed.port, input)
    defer { client.socket.close() }
    // Milliseconds are enough for most answers, and a client that leaves too soon only sees less; half of the patience
    // is longer than the gateway's own timeouts.
    let milliseconds = mustBeServed ? .infinity : input.waitsForGateway ? patience * 500 : patience * 1.5
    let silence = milliseconds.isFinite ? UInt64(milliseconds * 1_000_000) : .max
    var lastEvent = Self.now
    try wait("the gateway answers or closes") {
      let now = Self.now
      let isBusy = client.step(now: now)
      if isBusy { lastEvent = now }
      guard !client.isOver else { return true }
      if isBusy, !list.endsBadly, mustBeServed || !input.waitsForGateway, !input.isHTTP2, client.hasSent,
        let check = try? AnswerCheck(client.received, to: list, isEnded: false),
        check.statuses.count == list.requests.count
      {
        return true
      }
      if now - lastEvent > silence {
        lastEvent = now
        client.goFurther()
      }
      return false
    } otherwise: {
      "it sent \(Input.escaped(Array(client.received.prefix(2_000))))"
    }
    if input.isHTTP2 { return }
    let check = try AnswerCheck(client.received, to: list, isEnded: client.isEnded)
    for status in check.statuses { tally.count(status) }
    if check.isCut { tally.cut += 1 }
    if mustBeServed {
      tally.sound += 1
      guard check.statuses.count == input.requestCount, !check.isCut else {
        throw Broken(
          "of \(input.requestCount ?? 0) sound requests \(check.statuses.count) were answered: "
            + Input.escaped(Array(client.received.prefix(2_000))))
      }
    }
  }

  // MARK: A good request

  private func sendGood() throws {
    var input = Input(
      request: Array(Corpus.good.utf8), requestCount: 1, answer: Array(Corpus.goodAnswer.utf8), isAnswerSound: true)
    input.client = .waits
    let client = try Client(port: testbed.port, input)
    defer { client.socket.close() }
    let end = Array(("\r\n\r\n" + Corpus.goodBody).utf8)
    try wait("a good request is answered") {
      _ = client.step(now: Self.now)
      guard !client.isOver else { throw Broken("a good request: \(Input.escaped(client.received))") }
      return client.received.suffix(end.count) == end[...]
    } otherwise: {
      "it got \(Input.escaped(client.received)); \(testbed.counts)"
    }
    guard client.received.starts(with: "HTTP/1.1 200 OK\r\n".utf8) else {
      throw Broken("a good request: \(Input.escaped(client.received))")
    }
  }

  // MARK: Waiting

  /// Serves the engines until a condition holds.
  func wait(
    _ what: String, until isMet: () throws -> Bool, otherwise state: () -> String
  ) throws {
    let end = Self.now + UInt64(patience * 1e9)
    while true {
      let isBusy = try testbed.engines.step(now: Self.now)
      if try isMet() { return }
      guard Self.now < end else { throw Broken("after \(patience) s still not: \(what); \(state())") }
      if !isBusy { usleep(20) }
    }
  }
}

import EnvoyWire
import FuzzCommand
import Seeded

/// What must hold for every stream of bytes.
enum Checks {
  private struct Outcome: Equatable {
    var messages: [[UInt8]] = []
    var fault: GRPCFrames.Fault?
    var isBetween = true
  }

  static let limit = 4096

  static func check(_ stream: [UInt8], _ tally: inout Tally, _ generator: inout SeededGenerator) throws {
    let whole = outcome([stream])
    if whole.fault != nil { tally.faults += 1 }
    guard outcome(stream.map { [$0] }) == whole else { throw Broken("cut into bytes it reads otherwise") }
    var pieces: [[UInt8]] = []
    var rest = stream[...]
    while !rest.isEmpty {
      let count = Int.random(in: 0...min(rest.count, 64), using: &generator)
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    guard outcome(pieces) == whole else { throw Broken("cut at random it reads otherwise") }
    for message in whole.messages {
      guard message.count <= limit else { throw Broken("a message over the limit was handed over") }
      try check(message: message, &tally)
    }
    try checkWriter(&generator)
  }

  private static func outcome(_ pieces: [[UInt8]]) -> Outcome {
    var frames = GRPCFrames(messageLimit: limit)
    var outcome = Outcome()
    for piece in pieces {
      do throws(GRPCFrames.Fault) {
        try piece.withUnsafeBufferPointer { (bytes) throws(GRPCFrames.Fault) in
          try frames.append(UnsafeRawBufferPointer(bytes)) { outcome.messages.append(Array($0)) }
        }
      } catch {
        outcome.fault = error
      }
    }
    outcome.isBetween = frames.isBetweenMessages
    return outcome
  }

  private static func check(message: [UInt8], _ tally: inout Tally) throws {
    tally.messages += 1
    try message.withUnsafeBytes { bytes in
      do {
        let request = try ProcessingRequest.read(bytes)
        guard request.body.upperBound <= bytes.count, request.headers.upperBound <= bytes.count else {
          throw Broken("a range ends behind the message")
        }
        try request.forEachHeader(in: bytes) { _, _ in }
      } catch is ProtobufError {
        tally.malformed += 1
      }
      _ = try? HealthCheck.service(bytes)
    }
  }

  /// Whatever the writer writes is read back, and no proper beginning of it is taken for the same.
  private static func checkWriter(_ generator: inout SeededGenerator) throws {
    let length = Int.random(in: 0...400, using: &generator)
    let text = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let field = Int.random(in: 1...(1 << 29) - 1, using: &generator)
    var writer = ProtobufWriter()
    writer.message(field, expecting: Int.random(in: 0...20_000, using: &generator)) { $0.bytes(1, text) }
    try writer.bytes.withUnsafeBytes { bytes in
      var outer = ProtobufReader(bytes)
      guard let message = try outer.next(), message.number == field, try outer.next() == nil else {
        throw Broken("a message that was written is read otherwise")
      }
      var inner = ProtobufReader(bytes, range: try message.range())
      guard let found = try inner.next(), try bytes[found.range()].elementsEqual(text), try inner.next() == nil else {
        throw Broken("bytes that were written are read otherwise")
      }
      for end in [0, 1, bytes.count / 2, bytes.count - 1] where end > 0 && end < bytes.count {
        var cut = ProtobufReader(bytes, range: 0..<end)
        if (try? cut.next()) != nil { throw Broken("a message cut at \(end) reads as a whole one") }
      }
    }
  }
}

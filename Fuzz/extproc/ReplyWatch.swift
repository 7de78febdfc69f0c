import EnvoyWire
import FuzzCommand

/// Envoy's side of an exchange: which replies it waits for, and what it makes of those that come.
struct ReplyWatch {
  private let exchange: ProcessorExchange
  /// Fields of the replies that are owed, in their order: those of the request, and those of the answer.
  private var owed: [[Int]] = [[], []]
  /// What full duplex pieces of the answer have to come out as.
  private var answer: [UInt8] = []
  private var hasEnded = [false, false]
  /// An immediate reply came.
  private(set) var isOver = false

  init(_ exchange: ProcessorExchange) { self.exchange = exchange }

  /// Takes what was replied to a message.
  ///
  /// - Throws: ``Broken``.
  mutating func take(_ output: [UInt8], after message: ProcessorExchange.Message) throws {
    if exchange.isObservation {
      guard output.isEmpty else { throw Broken("a reply to one who only looks on") }
      return
    }
    let direction = message.part % 2
    let mode = direction == 0 ? exchange.requestMode : exchange.responseMode
    let isDuplex = mode == .fullDuplexStreamed && (message.part == 4 || message.part == 5)
    if !isOver, !isDuplex { owed[direction].append(message.part - 1) }
    if isDuplex { answer += direction == 1 ? message.body : [] }
    for reply in try Self.replies(output) { try take(reply) }
    guard !isOver, exchange.isInOrder else { return }
    // Nothing but a request whose body has not ended may wait.
    let isWhole = message.isLast || message.part == 6 || (message.part == 4 && mode == .buffered)
    guard direction == 1 || isWhole else { return }
    guard owed[direction].isEmpty else {
      throw Broken("replies \(owed[direction]) are owed after part \(message.part)")
    }
    guard !isDuplex || !message.isLast || hasEnded[direction] else { throw Broken("a body's end is missing") }
  }

  /// Takes what was replied where a message could not be taken.
  ///
  /// - Throws: ``Broken``.
  mutating func takeRefusal(_ output: [UInt8]) throws {
    let replies = try Self.replies(output)
    guard exchange.isObservation || isOver ? replies.isEmpty : replies.map(\.part) == [7] else {
      throw Broken("a message that is not taken is replied to by \(replies.map(\.part))")
    }
    isOver = true
  }

  private mutating func take(_ reply: Reply) throws {
    guard !isOver else { throw Broken("a reply after an immediate one") }
    if reply.part == 7 {
      isOver = true
      return
    }
    guard exchange.isInOrder else { return }
    let direction = (reply.part + 1) % 2
    if let piece = reply.piece {
      guard !hasEnded[direction] else { throw Broken("a piece of a body that has ended") }
      hasEnded[direction] = reply.isLast
      guard direction == 1 else { return }
      guard answer.starts(with: piece) else { throw Broken("a piece of an answer is not what the engine sent") }
      answer.removeFirst(piece.count)
      return
    }
    guard owed[direction].first == reply.part else {
      throw Broken("reply \(reply.part) where \(owed[direction]) are owed")
    }
    owed[direction].removeFirst()
  }

  /// What Envoy reads of a reply.
  private struct Reply {
    var part = 0
    /// A piece in full duplex mode.
    var piece: [UInt8]?
    var isLast = false
  }

  private static func replies(_ output: [UInt8]) throws -> [Reply] {
    var frames = GRPCFrames(messageLimit: 1 << 20)
    var messages: [[UInt8]] = []
    try output.withUnsafeBytes { try frames.append($0) { messages.append(Array($0)) } }
    guard frames.isBetweenMessages else { throw Broken("a reply is cut") }
    return try messages.map { message in try message.withUnsafeBytes { try reply($0) } }
  }

  private static func reply(_ bytes: UnsafeRawBufferPointer) throws -> Reply {
    var reply = Reply()
    var fields = ProtobufReader(bytes)
    while let field = try fields.next() {
      // 9 is the override of modes.
      guard (1...7).contains(field.number) else { continue }
      guard reply.part == 0 else { throw Broken("a reply to two parts") }
      reply.part = field.number
      guard field.number == 3 || field.number == 4 else { continue }
      var body = ProtobufReader(bytes, range: try field.range())
      while let response = try body.next() {
        var common = ProtobufReader(bytes, range: try response.range())
        while let part = try common.next() {
          guard part.number == 3 else { continue }
          var mutation = ProtobufReader(bytes, range: try part.range())
          while let change = try mutation.next() {
            guard change.number == 3 else { continue }
            reply.piece = []
            var streamed = ProtobufReader(bytes, range: try change.range())
            while let value = try streamed.next() {
              if value.number == 1 { reply.piece = Array(bytes[try value.range()]) }
              if value.number == 2 { reply.isLast = try value.boolean() }
            }
          }
        }
      }
    }
    return reply
  }
}

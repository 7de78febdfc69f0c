import EnvoyWire
import FuzzCommand
import HTTP2Scripts
import Seeded

/// gRPC streams as Envoy sends them, and changing them a little.
enum Streams {
  /// A few sound messages.
  static func sound(_ generator: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      bytes += framed(message(&generator))
    }
    return bytes
  }

  /// Calls that must be answered, for scripts of frames.
  static let requests: HTTP2Requests = {
    let head = message { writer in
      writer.message(2) { head in
        head.message(1) { map in
          for (name, value) in [(":method", "POST"), (":path", "/v1/chat/completions")] {
            map.message(1) { header in
              header.string(1, name)
              header.string(3, value)
            }
          }
        }
      }
    }
    let body = message { writer in
      writer.message(4) { body in
        body.string(1, #"{"model":"alpha","messages":[{"role":"user","content":"hi"}]}"#)
        body.varint(2, 1)
      }
    }
    return HTTP2Requests(
      path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process", otherPath: "/grpc.health.v1.Health/Check",
      fields: [("content-type", "application/grpc"), ("te", "trailers")], body: framed(head) + framed(body))
  }()

  private static func message(_ content: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    content(&writer)
    return writer.bytes
  }

  private static func framed(_ message: [UInt8]) -> [UInt8] {
    [0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: message.count >> $0) } + message
  }

  /// One message, as the writer writes it.
  static func message(_ generator: inout SeededGenerator) -> [UInt8] {
    var writer = ProtobufWriter()
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    let part = number(2...7)
    if number(0...3) == 0 {
      writer.message(11) { configuration in
        configuration.varint(1, number(0...5))
        configuration.varint(2, number(0...5))
        configuration.varint(3, number(0...1))
      }
    }
    let text = (0..<number(0...200)).map { _ in UInt8(number(0...255)) }
    writer.message(part, expecting: number(0...300)) { content in
      switch part {
      case 2, 3:
        content.message(1) { map in
          for name in [":path", ":method", "content-type", "x-vsr-debug", "a"].prefix(number(0...5)) {
            map.message(1) { header in
              header.string(1, name)
              header.bytes(number(2...3), text.prefix(40))
            }
          }
        }
        content.varint(3, number(0...1))
      case 4, 5:
        content.bytes(1, text)
        content.varint(2, number(0...1))
      default: break
      }
    }
    if number(0...4) == 0 { writer.bytes(number(12...5000), text.prefix(9)) }
    return writer.bytes
  }

  /// Numbers that do not end or are as large as can be.
  private static let mutator = ByteMutator(
    words: [
      [0xFF], [0x80], Array(repeating: 0xFF, count: 9), Array(repeating: 0x80, count: 11),
      [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    ], partLimit: 8, spliceLimit: 64)

  /// With one to four changes.
  static func changed(_ stream: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    mutator.changed(stream, among: [stream], &generator)
  }
}

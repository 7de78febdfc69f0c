import FuzzCommand
import HTTPWire
import Seeded

/// What a run looked at.
struct Tally: CustomStringConvertible {
  var complete = 0
  var compared = 0
  var excused: [String: Int] = [:]

  var description: String {
    let list = excused.sorted { $0.key < $1.key }.map { "\n  \($0.value) with \($0.key)" }.joined()
    return
      "\(complete) messages taken, \(compared) of them read alike by NIOHTTP1; excused:\(list.isEmpty ? " none" : list)"
  }
}

enum Checks {
  static func check(_ input: [UInt8], as kind: MessageKind, _ tally: inout Tally, _ generator: inout SeededGenerator)
    throws
  {
    let verdict = Message.read(input, as: kind)
    let cuts = (0..<3).map { _ in Int.random(in: 0...input.count, using: &generator) }.sorted()
    let isUntilClose = if case .complete(let message) = verdict { message.framing == .untilClose } else { false }
    // How much of a body without an end has come depends on the cuts.
    if !isUntilClose {
      for cuts in [cuts, Array(0...input.count)] {
        let again = Message.read(input, as: kind, cutAt: cuts)
        guard again == verdict else { throw Broken("whole it is \(verdict), cut at \(cuts) it is \(again)") }
      }
    }
    guard case .complete(let message) = verdict else { return }
    tally.complete += 1
    guard TrailerFields.passed(message.passedTrailers) == message.passedTrailers else {
      throw Broken("what may be passed of \(message.trailers) may not all be passed on")
    }
    let reading = Oracle.read(input[..<message.end], as: kind, isAtEnd: message.framing == .untilClose)
    // Behind an informational response its parser waits for the final one, which the client counts as the same answer.
    let ends = kind != .request && message.status < 200 ? 0 : 1
    let expected = Oracle.Reading(
      method: message.method, target: message.target, status: message.status, fields: message.fieldNames.count,
      bodyCount: message.bodyCount, heads: 1, ends: ends)
    if reading == expected {
      tally.compared += 1
    } else if let excuse = Oracle.excuse(for: message, as: kind) {
      tally.excused[excuse, default: 0] += 1
    } else {
      throw Broken("we read \(expected); NIOHTTP1 \(reading)")
    }
  }
}

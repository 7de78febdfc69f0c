import HTTP2Scripts

/// What a run saw: a fuzzer that reaches nothing finds nothing.
struct Tally: CustomStringConvertible {
  private var statuses: [Int: Int] = [:]
  /// Answers that broke off.
  var cut = 0
  /// Inputs that were sound on both sides.
  var sound = 0
  /// Requests that came to engines whole.
  var reached = 0

  private var resets = 0
  private var goAways: [UInt32: Int] = [:]
  private var streams = 0

  /// Counts what came of an HTTP/2 connection.
  mutating func count(_ answer: HTTP2Answer, isSound: Bool) {
    if isSound { sound += 1 }
    streams += answer.ended.count
    resets += answer.resets.count
    if let code = answer.goAway { goAways[code, default: 0] += 1 }
  }

  /// Of HTTP/2 connections, what was reached.
  var frames: String {
    let codes = goAways.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return "\(reached) requests reached engines, \(sound) connections had one right outcome and came to it, "
      + "\(streams) answers came whole, \(resets) streams were reset, GOAWAY by code: \(codes)"
  }

  mutating func count(_ status: Int) { statuses[status, default: 0] += 1 }

  var description: String {
    let answers = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return "\(reached) requests reached engines, \(sound) inputs were sound and served, \(cut) answers broke off, "
      + "answers by status: \(answers)"
  }
}

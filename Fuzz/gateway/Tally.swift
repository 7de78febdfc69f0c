/// What a run saw: a fuzzer that reaches nothing finds nothing.
struct Tally: CustomStringConvertible {
  private var statuses: [Int: Int] = [:]
  /// Answers that broke off.
  var cut = 0
  /// Inputs that were sound on both sides.
  var sound = 0
  /// Requests that came to engines whole.
  var reached = 0

  mutating func count(_ status: Int) { statuses[status, default: 0] += 1 }

  var description: String {
    let answers = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return "\(reached) requests reached engines, \(sound) inputs were sound and served, \(cut) answers broke off, "
      + "answers by status: \(answers)"
  }
}

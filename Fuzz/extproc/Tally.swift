/// What a run has seen.
struct Tally: CustomStringConvertible {
  var messages = 0
  var faults = 0
  var malformed = 0
  var sessionMessages = 0
  /// Sessions that ended by an immediate reply.
  var refusals = 0
  /// Connections whose frames had one right outcome.
  var certain = 0
  var resets = 0
  var goAways = 0
  var answers = 0

  var description: String {
    "\(messages) messages, \(malformed) of them malformed, \(faults) broken streams; "
      + "\(sessionMessages) messages to sessions, \(refusals) immediate replies; "
      + "\(certain) connections had one right outcome, \(answers) calls ended, \(resets) were reset, \(goAways) GOAWAY"
  }
}

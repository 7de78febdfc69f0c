import ChatProtocols

/// What a run looked at.
struct Tally: CustomStringConvertible {
  var forms = 0
  var found = 0
  var absent = 0
  var invalid = 0
  var tooFar = 0
  var seenByFoundation = 0

  var description: String {
    "\(forms) of them forms; verdicts: \(found) found (\(seenByFoundation) compared with Foundation), \(absent) absent, "
      + "\(invalid) invalid, \(tooFar) too far"
  }

  mutating func count(_ verdict: ModelVerdict) {
    switch verdict {
    case .needMore: break
    case .found: found += 1
    case .absent: absent += 1
    case .invalid: invalid += 1
    case .tooFar: tooFar += 1
    }
  }
}

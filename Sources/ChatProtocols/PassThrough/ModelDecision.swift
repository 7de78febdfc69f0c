/// A finder's verdict other than ``ModelVerdict/needMore``, thrown where it falls.
struct ModelDecision: Error {
  var verdict: ModelVerdict

  init(_ verdict: ModelVerdict) { self.verdict = verdict }
}

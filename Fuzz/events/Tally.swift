/// What the inputs reached.
struct Tally: CustomStringConvertible {
  var read = 0
  var replays = 0
  var restarts = 0
  var losses = 0

  var description: String {
    "\(read) read, \(replays) replays, \(restarts) restarts and \(losses) losses noticed"
  }
}

/// How many inputs were of which kind, to see that the mutations reach what they should.
struct Tally: CustomStringConvertible {
  var recognised = 0
  var broken = 0
  var samples = 0

  var description: String {
    "\(recognised) recognised, \(broken) with lines that are none, \(samples) samples"
  }
}

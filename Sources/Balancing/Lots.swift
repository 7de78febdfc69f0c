/// Draws of one choice: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014), begun
/// by one number of the caller's source.
///
/// A caller's source is asked through its witness table, which costs more than looking at a replica; a choice among a
/// thousand equal ones draws a thousand times.
struct Lots {
  private var state: UInt64

  init(_ random: inout some RandomNumberGenerator) { state = random.next() }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to a bound, which is above 0. Its bias is at most the bound in 2^64.
  mutating func draw(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }
}

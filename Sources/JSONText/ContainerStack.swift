/// The containers around the scanner's position, one bit each, so that 64 levels cost no allocation and 10 000 levels
/// cost 1 250 bytes.
struct ContainerStack {
  /// The innermost 1 to 64 levels that are not in `filled`; the innermost is bit 0; 1 means object.
  private var top: UInt64 = 0
  /// Full words of 64 levels, outermost first.
  private var filled: [UInt64] = []
  private(set) var depth = 0

  init() {}

  /// The innermost container is an object. Meaningless at depth 0.
  var isInObject: Bool {
    @inline(__always) get { top & 1 == 1 }
  }

  @inline(__always)
  mutating func push(isObject: Bool) {
    if depth > 0, depth & 63 == 0 { spill() }
    top = top << 1 | (isObject ? 1 : 0)
    depth += 1
  }

  @inline(__always)
  mutating func pop() {
    top >>= 1
    depth -= 1
    if depth > 0, depth & 63 == 0 { refill() }
  }

  @inline(never)
  private mutating func spill() {
    filled.append(top)
    top = 0
  }

  @inline(never)
  private mutating func refill() {
    top = filled.removeLast()
  }
}

/// Adds up the rows of the distinct buckets of one block (words and pairs, or n-grams) of a text.
///
/// Borrows the model's rows and a bit set of seen buckets: lives inside one classification.
struct FeatureSum {
  private let rows: UnsafeRawPointer
  private let buckets: UInt64
  private let seen: UnsafeMutablePointer<UInt64>
  private var total = SIMD16<Int32>()
  private var partial = SIMD16<Int16>()
  private var pending = 0
  /// Distinct buckets so far.
  private(set) var count = 0
  /// The sum of the squares of their rarity codes.
  private(set) var squares = 0

  /// 258 weights of at most 127 fit 16 bits; a partial sum is emptied before.
  private static let partialLimit = 256

  /// - Parameters:
  ///   - rows: the block's first row.
  ///   - seen: ``words(for:)`` zeroed words.
  @inline(__always)
  init(rows: UnsafeRawPointer, buckets: Int, seen: UnsafeMutablePointer<UInt64>) {
    self.rows = rows
    self.buckets = UInt64(buckets)
    self.seen = seen
  }

  /// The 64-bit words that a bit set over so many buckets needs.
  static func words(for buckets: Int) -> Int { (buckets + 63) / 64 }

  @inline(__always)
  mutating func add(_ hash: UInt64) {
    let bucket = FeatureHash.bucket(hash, of: buckets)
    let bit = UInt64(1) << UInt64(truncatingIfNeeded: bucket & 63)
    let known = seen[bucket >> 6]
    guard known & bit == 0 else { return }
    seen[bucket >> 6] = known | bit
    let row = (rows + bucket * LinearModel.rowBytes).loadUnaligned(as: SIMD16<Int8>.self)
    partial &+= SIMD16<Int16>(truncatingIfNeeded: row)
    let rarity = Int(UInt8(bitPattern: row[LinearModel.rarityLane]))
    squares &+= rarity &* rarity
    count &+= 1
    pending &+= 1
    if pending == Self.partialLimit { empty() }
  }

  /// The integer sum of weights a label; lanes past the labels are meaningless.
  mutating func sums() -> SIMD16<Int32> {
    empty()
    return total
  }

  private mutating func empty() {
    total &+= SIMD16<Int32>(truncatingIfNeeded: partial)
    partial = SIMD16<Int16>()
    pending = 0
  }
}

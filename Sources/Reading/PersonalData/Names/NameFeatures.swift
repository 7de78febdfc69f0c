/// The buckets of a word's features: the word, its neighbours, how they are written, and which lists they are in.
/// `training/personal_data/words.py` is the reference.
enum NameFeatures {
  static let count = 30
  private static let slotMultiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Calls `body` with the bucket of each feature of a word.
  @inline(__always)
  static func forEachBucket(_ words: NameWords, _ index: Int, of buckets: Int, _ body: (Int) -> Void) {
    let before3 = words.fact(index - 3)
    let before2 = words.fact(index - 2)
    let before = words.fact(index - 1)
    let word = words.fact(index)
    let after = words.fact(index + 1)
    let after2 = words.fact(index + 2)
    let after3 = words.fact(index + 3)
    let shape = word.shape.rawValue
    var slot: UInt64 = 0
    @inline(__always) func add(_ value: UInt64) {
      slot &+= 1
      body(FeatureHash.bucket(FeatureHash.mix(value &+ slot &* slotMultiplier), of: UInt64(buckets)))
    }
    add(word.hash)
    add(before.hash)
    add(after.hash)
    add(before2.hash)
    add(after2.hash)
    add(shape)
    add(join(join(before.shape.rawValue, shape), after.shape.rawValue))
    add(word.affixes.0)
    add(word.affixes.1)
    add(word.affixes.2)
    add(word.affixes.3)
    add(word.affixes.4)
    add(word.affixes.5)
    add(word.affixes.6)
    add(join(before.hash, shape))
    add(join(after.hash, shape))
    add(word.kind)
    add(join(before.kind, word.kind))
    add(join(word.kind, after.kind))
    add(join(join(before.kind, word.kind), after.kind))
    add(word.kind &+ 128 &* words.letterCase)
    add(join(before2.hash, before.hash))
    add(join(after.hash, after2.hash))
    add(join(before.hash, word.kind))
    add(join(after.hash, word.kind))
    add(before3.hash)
    add(after3.hash)
    add(join(join(before2.hash, before.hash), shape))
    add(join(before2.hash, word.kind))
    add(join(join(before.hash, after.hash), shape))
  }

  @inline(__always)
  private static func join(_ first: UInt64, _ second: UInt64) -> UInt64 { FeatureHash.mix(first) &+ second }
}

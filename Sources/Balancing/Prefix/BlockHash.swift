/// XXH64, the 64-bit hash of the public xxHash specification: four lanes of 8 bytes, each multiplied and rotated.
///
/// Not for secrets: whoever chooses the bytes can make two texts collide. A collision costs a worse choice of replica,
/// nothing else.
public enum BlockHash {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// The hash of all bytes.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    guard let start = bytes.baseAddress else { return avalanche(seed &+ prime5) }
    return hash(start, bytes.count, seed: seed)
  }

  static func hash(_ start: UnsafeRawPointer, _ count: Int, seed: UInt64) -> UInt64 {
    var at = start
    let end = start + count
    var hash: UInt64
    if count >= 32 {
      var lane1 = seed &+ prime1 &+ prime2
      var lane2 = seed &+ prime2
      var lane3 = seed
      var lane4 = seed &- prime1
      let limit = end - 32
      repeat {
        lane1 = round(lane1, word(at))
        lane2 = round(lane2, word(at + 8))
        lane3 = round(lane3, word(at + 16))
        lane4 = round(lane4, word(at + 24))
        at += 32
      } while at <= limit
      hash = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
      hash = merge(hash, lane1)
      hash = merge(hash, lane2)
      hash = merge(hash, lane3)
      hash = merge(hash, lane4)
    } else {
      hash = seed &+ prime5
    }
    hash &+= UInt64(count)
    while at + 8 <= end {
      hash = rotate(hash ^ round(0, word(at)), 27) &* prime1 &+ prime4
      at += 8
    }
    if at + 4 <= end {
      let half = UInt64(UInt32(littleEndian: at.loadUnaligned(as: UInt32.self)))
      hash = rotate(hash ^ (half &* prime1), 23) &* prime2 &+ prime3
      at += 4
    }
    while at < end {
      hash = rotate(hash ^ (UInt64(at.load(as: UInt8.self)) &* prime5), 11) &* prime1
      at += 1
    }
    return avalanche(hash)
  }

  /// The key of a user's or an adapter's name; never 0, which stands for none.
  public static func key(of name: String) -> UInt64 {
    let key = hash(name)
    return key == 0 ? 1 : key
  }

  /// Of a text.
  public static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0), seed: seed) }
  }

  /// Mixes a number, as the hash's last step does.
  @inline(__always) static func avalanche(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 33)) &* prime2
    value = (value ^ (value >> 29)) &* prime3
    return value ^ (value >> 32)
  }

  @inline(__always) private static func word(_ at: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
  }

  @inline(__always) private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }

  @inline(__always) private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* prime2, 31) &* prime1
  }

  @inline(__always) private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }
}

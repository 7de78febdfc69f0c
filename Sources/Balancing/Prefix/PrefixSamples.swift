/// A few of a prompt's chained hashes as text, for the access log: two prompts have a sample in common only if they share
/// all bytes before it, so that a replay of the log knows what they share.
///
/// A sample is the first 30 bits of the hash of ``PromptBlocks`` at its depth, as five characters of base64url. Depths count
/// in units of ``unitBytes``: 32 of them one apart, the next 32 two apart, then four, and so on, so that what two prompts share
/// is known to a 32nd of it, or to 1 KiB. At most 192 samples, 960 characters, for the 2 MiB that have hashes.
public enum PrefixSamples {
  private static let blocksInUnit = 2
  private static let run = 32
  private static let characters = 5
  /// Bytes of a prompt from one depth to the next.
  public static let unitBytes = blocksInUnit * PromptBlocks.blockBytes

  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

  /// One sample: the hash's bits, and how many units of the prompt are before it.
  public struct Sample: Sendable, Equatable {
    public var bits: UInt32
    public var depth: Int
  }

  /// Of the sample with that number, counted from 0.
  static func depth(of number: Int) -> Int {
    let doublings = number / run
    return run * (1 << doublings - 1) + (number % run + 1) << doublings
  }

  /// - Parameter hashes: of ``PromptBlocks``.
  public static func text(of hashes: some RandomAccessCollection<UInt64>) -> [UInt8] {
    var text: [UInt8] = []
    var number = 0
    while true {
      let blocks = depth(of: number) * blocksInUnit
      guard blocks <= hashes.count else { return text }
      let hash = hashes[hashes.index(hashes.startIndex, offsetBy: blocks - 1)]
      for shift in stride(from: 58, to: 58 - 6 * characters, by: -6) {
        text.append(alphabet.utf8Start[Int(hash >> UInt64(shift) & 63)])
      }
      number += 1
    }
  }

  /// Reads ``text(of:)`` again; nil for what it never writes.
  public static func samples(_ text: some StringProtocol) -> [Sample]? {
    let text = Array(text.utf8)
    guard text.count % characters == 0, text.count <= longest else { return nil }
    var samples: [Sample] = []
    samples.reserveCapacity(text.count / characters)
    for start in stride(from: 0, to: text.count, by: characters) {
      var bits: UInt32 = 0
      for byte in text[start..<start + characters] {
        guard let value = value(byte) else { return nil }
        bits = bits << 6 | value
      }
      samples.append(Sample(bits: bits, depth: depth(of: samples.count)))
    }
    return samples
  }

  /// Characters of the samples of a prompt all of whose blocks have hashes.
  private static let longest: Int = {
    var number = 0
    while depth(of: number) * blocksInUnit <= PromptBlocks.maximumBlocks { number += 1 }
    return number * characters
  }()

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}

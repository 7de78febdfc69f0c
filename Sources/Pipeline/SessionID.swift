import Balancing
import Fleet

/// What a client is told of its session's replica (`x-session-id`), to be sent back with its next request.
///
/// AIBrix writes the replica's address in base64, which tells clients what the cluster's network looks like; here it is a
/// hash of the address. AIBrix's own form is taken too, so that sessions outlive a change from one to the other.
public enum SessionID {
  /// 16 hexadecimal digits.
  public static func of(_ replica: Replica) -> String {
    let digits = String(BlockHash.hash(replica.authority, seed: 0x5E55_1017), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Whether an identifier means a replica: its hash, or its address in base64.
  static func names(_ id: String, _ replica: Replica) -> Bool {
    if id.utf8.count == 16, id == of(replica) { return true }
    return id == base64(replica.authority.utf8)
  }

  /// RFC 4648, with padding.
  static func base64(_ bytes: some Sequence<UInt8>) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(alphabet[Int(bits >> UInt32(count)) & 63])
      }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
  }
}

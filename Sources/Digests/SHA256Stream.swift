/// SHA-256 of bytes that come in pieces, such as a file's. Holds 64 bytes of them at most.
public struct SHA256Stream: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes of a block that is not whole.
  private var rest: [UInt8] = []
  private var count: UInt64 = 0

  public init() { rest.reserveCapacity(128) }

  /// Adds the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count += UInt64(bytes.count)
    var start = 0
    if !rest.isEmpty {
      start = min(64 - rest.count, bytes.count)
      rest.append(contentsOf: bytes[..<start])
      guard rest.count == 64 else { return }
      rest.withUnsafeBytes { SHA256.compress($0, into: &state) }
      rest.removeAll(keepingCapacity: true)
    }
    let end = start + (bytes.count - start) / 64 * 64
    if end > start { SHA256.compress(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), into: &state) }
    rest.append(contentsOf: bytes[end...])
  }

  /// The digest of all that was added, in lower-case hexadecimal, 64 characters.
  public consuming func hexDigest() -> String { SHA256.text(finalWords()) }

  /// Padding (5.1.1): a one bit, zeros, and the length in bits as 64 bits, up to a multiple of 64 bytes.
  consuming func finalWords() -> [UInt32] {
    rest.append(0x80)
    while rest.count % 64 != 56 { rest.append(0) }
    withUnsafeBytes(of: (count * 8).bigEndian) { rest.append(contentsOf: $0) }
    rest.withUnsafeBytes { SHA256.compress($0, into: &state) }
    return state
  }
}

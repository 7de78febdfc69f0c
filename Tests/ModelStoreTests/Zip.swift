import Foundation

/// A zip whose members are stored as they are, by the format's own description (APPNOTE 4.3).
struct Zip {
  private var local = Data()
  private var directory = Data()
  private var count: UInt16 = 0

  /// - Parameters:
  ///   - mode: as Unix has it, 0o100644 for a plain file.
  ///   - crc: what the archive says; the true one if left out.
  mutating func add(_ name: String, _ content: Data, mode: UInt32 = 0o100644, crc: UInt32? = nil) {
    let offset = UInt32(local.count)
    var common = Data()
    for field: UInt16 in [20, 0, 0, 0, 0x21] { common.append(little: field) }
    common.append(little: crc ?? Self.crc(content))
    common.append(little: UInt32(content.count))
    common.append(little: UInt32(content.count))
    common.append(little: UInt16(name.utf8.count))
    common.append(little: UInt16(0))
    local.append(little: UInt32(0x0403_4b50))
    local.append(common)
    local.append(Data(name.utf8))
    local.append(content)
    directory.append(little: UInt32(0x0201_4b50))
    directory.append(little: UInt16(3 << 8 | 20))
    directory.append(common)
    for field: UInt16 in [0, 0, 0] { directory.append(little: field) }
    directory.append(little: mode << 16)
    directory.append(little: offset)
    directory.append(Data(name.utf8))
    count += 1
  }

  func bytes() -> Data {
    var file = local
    file.append(directory)
    file.append(little: UInt32(0x0605_4b50))
    for field: UInt16 in [0, 0, count, count] { file.append(little: field) }
    file.append(little: UInt32(directory.count))
    file.append(little: UInt32(local.count))
    file.append(little: UInt16(0))
    return file
  }

  private static func crc(_ data: Data) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }
}

extension Data {
  fileprivate mutating func append(little value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

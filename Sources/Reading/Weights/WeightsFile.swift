/// A small file of weights as the trainers write it: a magic, a version, little-endian fields, and a CRC-32 of all before it at
/// the end.
///
/// Reading it never goes past the bytes: whoever reads a field has checked ``header`` or ``expect(length:)`` before.
struct WeightsFile {
  let buffer: UnsafeRawBufferPointer
  private let magic: String

  /// Checks length, magic, version and checksum.
  ///
  /// - Parameters:
  ///   - version: the one that is read.
  ///   - header: bytes before what the fields say the length of.
  init(_ buffer: UnsafeRawBufferPointer, magic: String, version: UInt32 = 1, header: Int) throws(WeightsFileError) {
    self.buffer = buffer
    self.magic = magic
    guard buffer.count >= header + 4 else { throw error(.length(expected: header + 4, actual: buffer.count)) }
    guard buffer[0..<8].elementsEqual(magic.utf8) else { throw error(.anotherKind) }
    let found = UInt32(truncatingIfNeeded: integer(8))
    guard found == version else { throw error(.version(found, expected: version)) }
    let end = buffer.count - 4
    let computed = CyclicRedundancyCheck().checksum(of: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
    guard UInt32(truncatingIfNeeded: integer(end)) == computed else { throw error(.damaged) }
  }

  func integer(_ offset: Int) -> Int {
    Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  /// A signed integer of 16 bits.
  func shortInteger(_ offset: Int) -> Int16 {
    Int16(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Int16.self))
  }

  func real(_ offset: Int) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: integer(offset))) }

  /// - Throws: when one is not finite.
  func reals(_ offset: Int, count: Int) throws(WeightsFileError) -> [Float] {
    let reals = (0..<count).map { real(offset + 4 * $0) }
    guard reals.allSatisfy(\.isFinite) else { throw invalid("a weight") }
    return reals
  }

  /// Checks that the file is as long as its fields say, the checksum included.
  func expect(length: Int) throws(WeightsFileError) {
    guard buffer.count == length else { throw error(.length(expected: length, actual: buffer.count)) }
  }

  /// A field has a value that no trainer writes.
  func invalid(_ field: String) -> WeightsFileError { error(.field(field)) }

  private func error(_ problem: WeightsFileError.Problem) -> WeightsFileError {
    WeightsFileError(magic: magic, problem: problem)
  }
}

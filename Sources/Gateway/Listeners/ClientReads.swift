import NIOCore

/// How large the buffer of a client's next read is: small until a read fills it, then large enough to take a long prompt in
/// one piece, so that its body is not copied together from several.
///
/// A connection keeps the buffer it read into for its next read: ``largest`` bytes at most, of which the system gives those
/// pages that were written.
struct ClientReads: RecvByteBufferAllocator, Equatable {
  /// A head and a short body; what an idle connection holds.
  static let smallest = 2 << 10
  static let middle = 64 << 10
  static let largest = 256 << 10

  private(set) var size = Self.smallest
  /// The last read would have gone into a smaller buffer.
  private var wasShort = false

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { allocator.buffer(capacity: size) }

  func nextBufferSize() -> Int? { size }

  /// A read that filled its buffer makes the next one larger; the second in a row that would have gone into a smaller one
  /// makes it smaller.
  mutating func record(actualReadBytes count: Int) -> Bool {
    let smaller = size == Self.largest ? Self.middle : Self.smallest
    if count >= size, size < Self.largest {
      size = size == Self.smallest ? Self.middle : Self.largest
      wasShort = false
      return true
    }
    guard count <= smaller, smaller < size else {
      wasShort = false
      return false
    }
    if wasShort { size = smaller }
    wasShort.toggle()
    return false
  }
}

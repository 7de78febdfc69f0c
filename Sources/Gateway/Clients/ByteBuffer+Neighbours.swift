import NIOCore

extension ByteBuffer {
  /// These bytes, in a buffer of their own where they are a small part of what they came in: a slice keeps all of that.
  var withoutItsNeighbours: ByteBuffer {
    guard storageCapacity > 4_096, readableBytes < storageCapacity / 4 else { return self }
    return ByteBuffer(bytes: readableBytesView)
  }
}

/// The bytes of a model: either part of the program's image or a copy that this object owns.
///
/// `@unchecked Sendable` holds because nobody writes to the memory after `init`, and it is freed only by `deinit`, when no
/// reference is left.
final class ModelBytes: @unchecked Sendable {
  let buffer: UnsafeRawBufferPointer
  private let owned: UnsafeMutableRawPointer?

  /// - Parameter unowned: memory that lives, unchanged, as long as the process.
  init(unowned: UnsafeRawBufferPointer) {
    buffer = unowned
    owned = nil
  }

  init(copying bytes: [UInt8]) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
    bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count) }
    buffer = UnsafeRawBufferPointer(start: memory, count: bytes.count)
    owned = memory
  }

  /// Bytes that `fill` writes; zeros where it does not.
  init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
    buffer = UnsafeRawBufferPointer(start: memory, count: count)
    owned = memory
  }

  deinit { owned?.deallocate() }
}

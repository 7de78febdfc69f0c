#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `memchr`, typed.
@inline(__always)
func memoryFind(_ start: UnsafeRawPointer, _ byte: UInt8, _ count: Int) -> UnsafeRawPointer? {
  guard count > 0 else { return nil }
  return UnsafeRawPointer(memchr(start, Int32(byte), count))
}

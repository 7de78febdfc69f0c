extension String {
  /// Lends the text's UTF-8 without taking hold of it: `withUTF8` wants a variable, whose reference is counted.
  @inlinable
  package func lendUTF8<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if let result = utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return result }
    var copy = self
    return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}

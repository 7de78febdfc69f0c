extension JSONCursor {
  /// The numbers of the array that the cursor stands before, such as those of tokens; the cursor is behind it then. nil where there
  /// is no array or something in it is no whole number of 32 bits; where the cursor is then is not said.
  ///
  /// - Parameter bytes: the cursor's.
  public mutating func numbers(in bytes: UnsafeRawBufferPointer) throws(JSONError) -> [UInt32]? {
    guard try kind() == .array else { return nil }
    var numbers: [UInt32] = []
    try enterArray()
    while let kind = try nextElement() {
      guard kind == .number, let number = JSONNumber.integer(try skipValue(), in: bytes),
        let fitting = UInt32(exactly: number)
      else { return nil }
      numbers.append(fitting)
    }
    return numbers
  }
}

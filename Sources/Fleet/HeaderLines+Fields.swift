extension HeaderLines {
  /// Calls `body` with each line's name, in lower case, and value.
  public func forEachField(_ body: (_ name: String, _ value: String) -> Void) {
    for line in bytes.split(separator: 0x0A) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[(colon + 1)...].drop { $0 == 0x20 }
      body(
        String(decoding: line[..<colon], as: UTF8.self).lowercased(),
        String(decoding: value.last == 0x0D ? value.dropLast() : value, as: UTF8.self))
    }
  }
}

/// The `Keep-Alive` field (RFC 2068 §19.7.1.1), by which a server says how long it keeps an idle connection.
public enum KeepAliveField {
  /// The seconds of `timeout=N`; nil where the value says none, or none that fits nine digits.
  ///
  ///     timeout=5          5
  ///     timeout=5, max=9   5
  ///     max=9              nil
  public static func timeout(_ value: UnsafeRawBufferPointer) -> Int? {
    for parameter in value.split(separator: 0x2C) {
      let trimmed = parameter.drop { $0 == 0x20 || $0 == 0x09 }
      guard let equals = trimmed.firstIndex(of: 0x3D),
        FieldName.equals(UnsafeRawBufferPointer(rebasing: trimmed[..<equals]), "timeout")
      else { continue }
      let digits = trimmed[(equals + 1)...].prefix { CharacterClass.isDigit($0) }
      let rest = trimmed[digits.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
      guard !digits.isEmpty, digits.count <= 9, rest.isEmpty else { continue }
      return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    return nil
  }
}

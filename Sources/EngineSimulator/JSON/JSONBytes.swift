/// Appends JSON by hand: the caller writes the punctuation, this type the values. Cheaper than an encoder and it fixes
/// the order of the members, which clients and tests see.
struct JSONBytes {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 512) {
    bytes.reserveCapacity(capacity)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Text that is JSON already.
  mutating func raw(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  mutating func raw(_ more: [UInt8]) {
    bytes.append(contentsOf: more)
  }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    escaped(text.utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func string(utf8 text: [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    escaped(text)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func stringOrNull(_ text: String?) {
    if let text { string(text) } else { raw("null") }
  }

  /// A number as Go and JavaScript print it: without a fraction when it has none.
  mutating func number(_ value: Double) {
    raw(value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value))
  }

  mutating func strings(_ list: [String]) {
    raw("[")
    for (index, element) in list.enumerated() {
      if index > 0 { raw(",") }
      string(element)
    }
    raw("]")
  }

  mutating func value(_ value: JSONValue) {
    switch value {
    case .null: raw("null")
    case .bool(let bool): raw(bool ? "true" : "false")
    case .integer(let integer): raw(String(integer))
    case .number(let number): self.number(number)
    case .string(let string): self.string(string)
    case .array(let elements):
      raw("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { raw(",") }
        self.value(element)
      }
      raw("]")
    case .object(let members):
      raw("{")
      for (index, member) in members.enumerated() {
        if index > 0 { raw(",") }
        string(member.name)
        raw(":")
        self.value(member.value)
      }
      raw("}")
    }
  }

  private mutating func escaped(_ text: some Sequence<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case 0x0A: raw("\\n")
      case 0x0D: raw("\\r")
      case 0x09: raw("\\t")
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        raw("\\u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
  }
}

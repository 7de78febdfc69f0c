import JSONText

/// Reading a file of one JSON object a line.
enum JSONLines {
  /// The members of one line's object.
  struct Fields {
    fileprivate let bytes: UnsafeRawBufferPointer
    fileprivate var members: [(name: String, value: JSONExtent)] = []

    private func value(_ name: String) -> JSONExtent? { members.first { $0.name == name }?.value }

    func integer(_ name: String) -> Int? {
      value(name).flatMap { $0.kind == .number ? JSONNumber.integer($0, in: bytes) : nil }
    }

    func double(_ name: String) -> Double? {
      value(name).flatMap { $0.kind == .number ? JSONNumber.double($0, in: bytes) : nil }
    }

    func text(_ name: String) -> String? {
      value(name).flatMap { $0.kind == .string ? JSONString.text($0, in: bytes) : nil }
    }

    /// An array of whole numbers; nil when it is anything else.
    func integers(_ name: String) -> [Int]? {
      guard let value = value(name), value.kind == .array else { return nil }
      var numbers: [Int] = []
      var cursor = JSONCursor(bytes, at: value.range.lowerBound)
      do {
        try cursor.enterArray()
        while let kind = try cursor.nextElement() {
          guard kind == .number, let number = JSONNumber.integer(try cursor.skipValue(), in: bytes) else { return nil }
          numbers.append(number)
        }
      } catch { return nil }
      return numbers
    }
  }

  /// Calls `read` with each line that is not empty; its second argument makes an error of a problem.
  static func map<Result>(
    _ bytes: UnsafeRawBufferPointer, file: String, _ read: (Fields, (String) -> TraceError) throws -> Result
  ) throws -> [Result] {
    var results: [Result] = []
    var number = 0
    for slice in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let line = UnsafeRawBufferPointer(rebasing: slice)
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      let place = number
      func problem(_ text: String) -> TraceError { TraceError(file: file, line: place, problem: text) }
      var fields = Fields(bytes: line)
      do {
        var cursor = JSONCursor(line)
        guard try cursor.kind() == .object else { throw problem("the line is not a JSON object") }
        try cursor.enterObject()
        while let member = try cursor.nextMember() {
          fields.members.append((JSONString.text(member.key, in: line), try cursor.skipValue()))
        }
        try cursor.finish()
      } catch let error as JSONError {
        throw problem("the line is not JSON: \(error)")
      }
      results.append(try read(fields, problem))
      if results.count == Trace.maximumRequests { break }
    }
    return results
  }
}

/// The last requests that the simulator got, byte for byte, so that a test can see what a gateway sends to an engine.
///
/// Bounds: 64 requests and 16 MiB of bodies together; the oldest go first. Of a body above 4 MiB only its length, a
/// checksum and its first and last KiB are kept.
struct RequestLog {
  static let requestLimit = 64
  static let byteLimit = 16 * 1024 * 1024
  static let bodyLimit = 4 * 1024 * 1024

  enum Body {
    case whole([UInt8])
    case abbreviated(count: Int, checksum: String, first: [UInt8], last: [UInt8])

    var storedBytes: Int {
      switch self {
      case .whole(let bytes): bytes.count
      case .abbreviated(_, _, let first, let last): first.count + last.count
      }
    }
  }

  struct Entry {
    /// Counts from 1 since the engine's start.
    let id: Int
    let method: String
    /// With the query.
    let path: String
    /// Unix seconds.
    let time: Double
    let headers: [(name: String, value: String)]
    let body: Body
  }

  private static let secretHeaders: Set = ["authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"]

  private(set) var entries: [Entry] = []
  private var bytes = 0
  private var count = 0

  mutating func record(
    method: String, path: String, time: Double, headers: [(name: String, value: String)], body: [UInt8]
  ) {
    let kept: Body
    if body.count > RequestLog.bodyLimit {
      var checksum = FNV64()
      for byte in body { checksum.add(byte) }
      kept = .abbreviated(
        count: body.count, checksum: "fnv1a64:" + String(decoding: SeededRandom.hex(checksum.value), as: UTF8.self),
        first: Array(body.prefix(1024)), last: Array(body.suffix(1024)))
    } else {
      kept = .whole(body)
    }
    count += 1
    let shown = headers.map { header in
      let name = header.name.lowercased()
      return (name: name, value: RequestLog.secretHeaders.contains(name) ? "<redacted>" : header.value)
    }
    entries.append(Entry(id: count, method: method, path: path, time: time, headers: shown, body: kept))
    bytes += kept.storedBytes
    while entries.count > RequestLog.requestLimit || bytes > RequestLog.byteLimit {
      bytes -= entries.removeFirst().body.storedBytes
    }
  }

  mutating func clear() {
    entries.removeAll()
    bytes = 0
  }

  /// The last `limit` requests, the oldest of them first, as JSON.
  func json(last limit: Int) -> [UInt8] {
    var json = JSONBytes(capacity: 4096)
    json.raw("[")
    for (index, entry) in entries.suffix(max(limit, 0)).enumerated() {
      if index > 0 { json.raw(",") }
      json.raw(#"{"id":\#(entry.id),"method":"#)
      json.string(entry.method)
      json.raw(#","path":"#)
      json.string(entry.path)
      json.raw(#","time":"\#(WallClock.timestamp(entry.time))","headers":"#)
      RequestLog.write(entry.headers, into: &json)
      RequestLog.write(entry.body, into: &json)
      json.raw("}")
    }
    json.raw("]")
    return json.bytes
  }

  /// An object; the values of a repeated header are joined by commas, as HTTP permits.
  private static func write(_ headers: [(name: String, value: String)], into json: inout JSONBytes) {
    var names: [String] = []
    var values: [String: String] = [:]
    for header in headers {
      if let value = values[header.name] {
        values[header.name] = value + ", " + header.value
      } else {
        names.append(header.name)
        values[header.name] = header.value
      }
    }
    json.raw("{")
    for (index, name) in names.enumerated() {
      if index > 0 { json.raw(",") }
      json.string(name)
      json.raw(":")
      json.string(values[name] ?? "")
    }
    json.raw("}")
  }

  private static func write(_ body: Body, into json: inout JSONBytes) {
    switch body {
    case .whole(let bytes):
      if String(validating: bytes, as: UTF8.self) != nil {
        json.raw(#","body":"#)
        json.string(utf8: bytes)
      } else {
        json.raw(#","body_base64":"#)
        json.string(Base64.encode(bytes))
      }
    case .abbreviated(let count, let checksum, let first, let last):
      json.raw(#","body_size":\#(count),"body_checksum":"\#(checksum)","body_first_base64":"#)
      json.string(Base64.encode(first))
      json.raw(#","body_last_base64":"#)
      json.string(Base64.encode(last))
    }
  }
}

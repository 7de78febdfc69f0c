/// The fields of a trailer section that another hop may see, as header lines.
///
/// RFC 9110 §6.5.1 bars fields that a recipient must know before the content: framing, routing, request modifiers,
/// authentication, the description of the content, and what steers caches. Fields of one connection (§7.6.1) end here as
/// they do in heads, and so do the fields by which the router speaks for itself, which nobody behind it may set.
public enum TrailerFields {
  /// The lines of a section that may be passed on, in their order, each `name: value` with its CRLF.
  ///
  /// - Parameters:
  ///   - section: field lines as ``ChunkedDecoder/trailers`` has them. Lines that are none are left out.
  ///   - names: further names, in lower case, of fields that may not pass: those that a connection field declares, those
  ///     that whoever passes the message on sets itself.
  public static func passed(_ section: [UInt8], except names: some Collection<String> = EmptyCollection()) -> [UInt8] {
    var lines: [UInt8] = []
    section.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        var end = start
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        append(UnsafeRawBufferPointer(rebasing: bytes[start..<min(end + 1, bytes.count)]), except: names, to: &lines)
        start = end + 1
      }
    }
    return lines
  }

  private static func append(
    _ line: UnsafeRawBufferPointer, except names: some Collection<String>, to lines: inout [UInt8]
  ) {
    guard line.count > 2, line[line.count - 2] == 0x0D, let colon = line.firstIndex(of: 0x3A), colon > 0,
      mayPass(UnsafeRawBufferPointer(rebasing: line[..<colon]))
    else { return }
    if !names.isEmpty, names.contains(String(decoding: line[..<colon], as: UTF8.self).lowercased()) { return }
    lines.append(contentsOf: line)
  }

  /// Whether a field of that name may stand in a trailer section that is passed on.
  public static func mayPass(_ name: UnsafeRawBufferPointer) -> Bool {
    let known = FieldName.recognise(name)
    guard known == .other else { return false }
    for prefix in prefixes where name.count >= prefix.utf8CodeUnitCount {
      if FieldName.equals(UnsafeRawBufferPointer(rebasing: name[..<prefix.utf8CodeUnitCount]), prefix) { return false }
    }
    return !barred.contains { FieldName.equals(name, $0) }
  }

  /// All that describes the content, conditions requests, or lets scripts of other origins in.
  private static let prefixes: [StaticString] = ["content-", "if-", "access-control-"]

  /// Those that ``FieldName`` gives no meaning to; each of its own is barred too.
  private static let barred: [StaticString] = [
    "age", "api-key", "authentication-info", "cache-control", "cookie", "date", "expires", "location", "max-forwards",
    "pragma",
    "proxy-authentication-info", "range", "retry-after", "set-cookie", "vary", "via", "warning", "www-authenticate",
    "x-api-key",
  ]
}

extension MessageHead {
  /// Parses a complete request head, as ``HeadScanner`` delimited it.
  public mutating func parseRequest(
    _ bytes: UnsafeRawBufferPointer, limits: HTTPLimits
  ) throws(HTTPSyntaxError) {
    reset(bytes.count)
    let lineEnd = try parseRequestLine(bytes)
    var semantics = FieldSemantics()
    try parseFields(bytes, from: lineEnd + 2, limits: limits, semantics: &semantics)
    if semantics.hosts == 0, minorVersion == 1 { throw .missingHost }
    if semantics.hosts > 1 { throw .severalHosts }
    try checkAuthority(bytes)
    if semantics.hasTransferEncoding {
      if semantics.contentLength != nil { throw .lengthAndTransferEncoding }
      if minorVersion == 0 || !semantics.isChunked { throw .unsupportedTransferEncoding }
      framing = .chunked
    } else if let length = semantics.contentLength {
      framing = length == 0 ? .none : .length(length)
    } else {
      framing = .none
    }
    keepsAlive = minorVersion == 1 ? !semantics.saysClose : semantics.saysKeepAlive && !semantics.saysClose
    expectsContinue = semantics.expectsContinue && minorVersion == 1
  }

  /// Parses a complete response head.
  ///
  /// - Parameter isBodiless: the response to a HEAD request.
  public mutating func parseResponse(
    _ bytes: UnsafeRawBufferPointer, isBodiless: Bool, limits: HTTPLimits
  ) throws(HTTPSyntaxError) {
    reset(bytes.count)
    let lineEnd = try parseStatusLine(bytes)
    var semantics = FieldSemantics()
    try parseFields(bytes, from: lineEnd + 2, limits: limits, semantics: &semantics)
    if semantics.hasTransferEncoding, semantics.contentLength != nil { throw .lengthAndTransferEncoding }
    if isBodiless || status < 200 || status == 204 || status == 304 {
      framing = .none
    } else if semantics.hasTransferEncoding {
      if !semantics.isChunked { throw .unsupportedTransferEncoding }
      framing = .chunked
    } else if let length = semantics.contentLength {
      framing = length == 0 ? .none : .length(length)
    } else {
      framing = .untilClose
    }
    keepsAlive = minorVersion == 1 ? !semantics.saysClose : semantics.saysKeepAlive && !semantics.saysClose
    if framing == .untilClose { keepsAlive = false }
    // RFC 9112 §6.1: who speaks 1.0 may not know transfer codings, so the framing is not to be trusted any further.
    if minorVersion == 0, semantics.hasTransferEncoding { keepsAlive = false }
  }

  private mutating func reset(_ count: Int) {
    fields.removeAll(keepingCapacity: true)
    byteCount = count
    method = .other
    methodRange = 0..<0
    targetRange = 0..<0
    status = 0
    expectsContinue = false
  }

  /// `METHOD SP target SP HTTP/1.x CRLF`; returns the offset of the CR.
  private mutating func parseRequestLine(_ bytes: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> Int {
    var index = 0
    while index < bytes.count, CharacterClass.isToken(bytes[index]) { index += 1 }
    guard index > 0, index < bytes.count, bytes[index] == 0x20 else { throw .badRequestLine }
    methodRange = 0..<index
    method = HTTPMethod(UnsafeRawBufferPointer(rebasing: bytes[methodRange]))
    index += 1
    let target = index
    while index < bytes.count, bytes[index] > 0x20, bytes[index] < 0x7F { index += 1 }
    guard index > target, index + 10 < bytes.count + 1, bytes[index] == 0x20 else { throw .badRequestLine }
    targetRange = target..<index
    index += 1
    try parseVersion(bytes, at: index, else: .badRequestLine)
    guard isTarget(UnsafeRawBufferPointer(rebasing: bytes[targetRange]), in: bytes) else { throw .badRequestLine }
    index += 8
    guard index + 1 < bytes.count, bytes[index] == 0x0D, bytes[index + 1] == 0x0A else { throw .badRequestLine }
    return index
  }

  /// The forms of RFC 9112 §3.2: a path, a URL, the authority of CONNECT, the asterisk of OPTIONS.
  private func isTarget(_ target: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
    if target[0] == 0x2F { return true }
    if target[0] == 0x2A { return target.count == 1 && method == .options }
    let name = UnsafeRawBufferPointer(rebasing: bytes[methodRange])
    if method == .other, name.elementsEqual("CONNECT".utf8) { return true }
    for scheme in ["http://", "https://"] as [StaticString] where target.count > scheme.utf8CodeUnitCount {
      let prefix = UnsafeRawBufferPointer(rebasing: target[..<scheme.utf8CodeUnitCount])
      if FieldName.equals(prefix, scheme) { return true }
    }
    return false
  }

  /// The authority of a whole URL must be a host, and the Host field's where there is one: two readers could otherwise go by
  /// different ones (RFC 9112 §3.2.2). Userinfo is no part of it here (RFC 9110 §4.2.4).
  private func checkAuthority(_ bytes: UnsafeRawBufferPointer) throws(HTTPSyntaxError) {
    let target = UnsafeRawBufferPointer(rebasing: bytes[targetRange])
    guard let letter = target.first, letter | 0x20 == 0x68, let slashes = target.firstIndex(of: 0x2F) else { return }
    // CONNECT names no scheme.
    guard slashes + 1 < target.count, target[slashes - 1] == 0x3A, target[slashes + 1] == 0x2F else { return }
    let rest = target[(slashes + 2)...]
    let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? rest.endIndex
    let authority = UnsafeRawBufferPointer(rebasing: rest[..<end])
    guard !authority.isEmpty, authority[0] != 0x3A, FieldSemantics.isHost(authority) else { throw .badAuthority }
    guard let host = first(.host) else { return }
    let isSame = authority.elementsEqual(bytes[host.valueRange]) { Self.lowercased($0) == Self.lowercased($1) }
    guard isSame else { throw .hostIsNotAuthority }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// `HTTP/1.x SP NNN [SP reason] CRLF`; returns the offset of the CR.
  private mutating func parseStatusLine(_ bytes: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> Int {
    guard bytes.count > 12 else { throw .badStatusLine }
    try parseVersion(bytes, at: 0, else: .badStatusLine)
    guard bytes[8] == 0x20 else { throw .badStatusLine }
    var value = 0
    for offset in 9..<12 {
      guard CharacterClass.isDigit(bytes[offset]) else { throw .badStatusLine }
      value = value * 10 + Int(bytes[offset] - 0x30)
    }
    guard value >= 100, bytes[12] == 0x20 || bytes[12] == 0x0D else { throw .badStatusLine }
    status = value
    var index = 12
    while index < bytes.count, bytes[index] != 0x0D {
      guard CharacterClass.isFieldValue(bytes[index]) else { throw .badStatusLine }
      index += 1
    }
    guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { throw .badStatusLine }
    return index
  }

  private mutating func parseVersion(
    _ bytes: UnsafeRawBufferPointer, at start: Int, else error: HTTPSyntaxError
  ) throws(HTTPSyntaxError) {
    guard start + 8 <= bytes.count, bytes[start] == 0x48, bytes[start + 1] == 0x54, bytes[start + 2] == 0x54,
      bytes[start + 3] == 0x50, bytes[start + 4] == 0x2F, CharacterClass.isDigit(bytes[start + 5]),
      bytes[start + 6] == 0x2E, CharacterClass.isDigit(bytes[start + 7])
    else { throw error }
    guard bytes[start + 5] == 0x31, bytes[start + 7] <= 0x31 else { throw .unsupportedVersion }
    minorVersion = bytes[start + 7] - 0x30
  }

  private mutating func parseFields(
    _ bytes: UnsafeRawBufferPointer, from start: Int, limits: HTTPLimits, semantics: inout FieldSemantics
  ) throws(HTTPSyntaxError) {
    var index = start
    while true {
      guard index + 1 < bytes.count else { throw .badFieldName }
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return }
      if fields.count == limits.fieldCount { throw .tooManyFields }
      if bytes[index] == 0x20 || bytes[index] == 0x09 { throw .obsoleteFolding }
      let nameStart = index
      while index < bytes.count, CharacterClass.isToken(bytes[index]) { index += 1 }
      guard index > nameStart, index < bytes.count, bytes[index] == 0x3A else { throw .badFieldName }
      let nameRange = nameStart..<index
      index += 1
      while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
      let valueStart = index
      while index < bytes.count, CharacterClass.isFieldValue(bytes[index]) { index += 1 }
      guard index + 1 < bytes.count, bytes[index] == 0x0D, bytes[index + 1] == 0x0A else { throw .badFieldValue }
      var valueEnd = index
      while valueEnd > valueStart, bytes[valueEnd - 1] == 0x20 || bytes[valueEnd - 1] == 0x09 { valueEnd -= 1 }
      index += 2
      let name = FieldName.recognise(UnsafeRawBufferPointer(rebasing: bytes[nameRange]))
      if name != .other {
        try semantics.note(name, UnsafeRawBufferPointer(rebasing: bytes[valueStart..<valueEnd]))
      }
      fields.append(
        Field(
          name: name, nameStart: UInt32(nameStart), nameCount: UInt32(nameRange.count),
          valueStart: UInt32(valueStart), valueCount: UInt32(valueEnd - valueStart), lineEnd: UInt32(index)))
    }
  }
}

import EnvoyWire
import Testing

/// Messages byte for byte, by the field numbers of Envoy's API.
@Suite("External processing messages") struct ProcessingMessagesTests {
  @Test("a headers message gives its headers, its end and the modes")
  func headers() throws {
    var writer = ProtobufWriter()
    writer.message(2) { headers in
      headers.message(1) { map in
        map.message(1) { header in
          header.string(1, ":path")
          header.string(3, "/v1")
        }
        map.message(1) { header in
          header.string(1, "old")
          header.string(2, "value")
        }
        map.message(1) { $0.string(1, "empty") }
      }
      headers.varint(3, 1)
    }
    writer.message(11) { configuration in
      configuration.varint(1, 4)
      configuration.varint(2, 1)
      configuration.varint(3, 1)
    }
    // Attributes and metadata are read past.
    writer.message(9) { $0.string(1, "x") }
    try writer.bytes.withUnsafeBytes { bytes in
      let request = try ProcessingRequest.read(bytes)
      #expect(request.part == .requestHeaders)
      #expect(request.isEndOfStream)
      #expect(
        request.configuration
          == .init(requestBody: .fullDuplexStreamed, responseBody: .streamed, sendsBodyWithoutWaiting: true))
      var seen: [String] = []
      try request.forEachHeader(in: bytes) { name, value in
        seen.append("\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
      }
      #expect(seen == [":path=/v1", "old=value", "empty="])
    }
  }

  @Test("a body message gives its bytes and its end")
  func body() throws {
    let bytes: [UInt8] = [0x22, 0x06, 0x0A, 0x02, 0x68, 0x69, 0x10, 0x01]
    let request = try bytes.withUnsafeBytes { try ProcessingRequest.read($0) }
    #expect(request.part == .requestBody)
    #expect(Array(bytes[request.body]) == Array("hi".utf8))
    #expect(request.isEndOfStream)
  }

  @Test("a message of no known part, and an empty one, have none")
  func unknown() throws {
    #expect(try [UInt8]().withUnsafeBytes { try ProcessingRequest.read($0) }.part == nil)
    #expect(try ([0x50, 0x01] as [UInt8]).withUnsafeBytes { try ProcessingRequest.read($0) }.isObservation)
  }

  @Test("a reply that changes nothing is four bytes behind its frame's head")
  func emptyReply() {
    var output: [UInt8] = []
    ProcessingReply.append(to: &output, .responseBody)
    #expect(output == [0, 0, 0, 0, 4, 0x22, 0x02, 0x0A, 0x00])
    ProcessingReply.appendTrailers(to: &output, .responseTrailers)
    #expect(output.suffix(7) == [0, 0, 0, 0, 2, 0x32, 0x00])
  }

  @Test("header changes overwrite, in raw_value")
  func headerChanges() {
    var headers = HeaderChanges()
    headers.set("a", to: "b\n")
    headers.remove("c")
    var output: [UInt8] = []
    ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: true)
    #expect(
      output == [0, 0, 0, 0, 24] + [0x0A, 22, 0x0A, 20, 0x12, 16]
        + [0x0A, 11] + [0x0A, 7, 0x0A, 1, 0x61, 0x1A, 2, 0x62, 0x20] + [0x18, 2] + [0x12, 1, 0x63] + [0x28, 1])
  }

  @Test("bodies are replaced, cleared and sent in pieces")
  func bodies() {
    var output: [UInt8] = []
    ProcessingReply.append(to: &output, .requestBody, body: .replace([1, 2]))
    #expect(output == [0, 0, 0, 0, 10, 0x1A, 8, 0x0A, 6, 0x1A, 4, 0x0A, 2, 1, 2])
    output = []
    ProcessingReply.append(to: &output, .requestBody, body: .clear)
    #expect(output == [0, 0, 0, 0, 8, 0x1A, 6, 0x0A, 4, 0x1A, 2, 0x10, 1])
    output = []
    ProcessingReply.append(to: &output, .responseBody, body: .piece([9], isLast: true))
    #expect(output == [0, 0, 0, 0, 13, 0x22, 11, 0x0A, 9, 0x1A, 7, 0x1A, 5, 0x0A, 1, 9, 0x10, 1])
  }

  @Test("a mode override names every mode")
  func modes() {
    var output: [UInt8] = []
    ProcessingReply.append(
      to: &output, .responseHeaders, modes: .init(requestBody: .fullDuplexStreamed, responseBody: .streamed))
    #expect(output.suffix(12) == [0x4A, 10, 0x10, 1, 0x18, 4, 0x20, 1, 0x28, 1, 0x30, 2])
  }

  @Test("an immediate reply has status, headers, body and details")
  func immediate() {
    var headers = HeaderChanges()
    headers.remove("x")
    var output: [UInt8] = []
    ProcessingReply.appendImmediate(to: &output, status: 413, headers: headers, body: [7], details: "d")
    #expect(
      output == [0, 0, 0, 0, 18, 0x3A, 16] + [0x0A, 3, 0x08, 0x9D, 0x03] + [0x12, 3, 0x12, 1, 0x78] + [0x1A, 1, 7]
        + [0x2A, 1, 0x64])
  }
}

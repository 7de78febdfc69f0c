import ChatProtocols
import Testing

private func finder(limit: Int = MultipartModelFinder.defaultLimit) throws -> MultipartModelFinder {
  MultipartModelFinder(boundary: try MultipartBoundary(contentType: "multipart/form-data; boundary=XyZ"), limit: limit)
}

private func verdict(_ form: String, limit: Int = MultipartModelFinder.defaultLimit) throws -> ModelVerdict {
  Pieces.verdict(try finder(limit: limit), Array(form.utf8))
}

/// A part with its delimiter line; the line end behind the content belongs to the next delimiter.
private func part(_ headers: String, _ content: String) -> String { "--XyZ\r\n\(headers)\r\n\r\n\(content)\r\n" }

private func field(_ name: String, _ content: String) -> String {
  part("Content-Disposition: form-data; name=\"\(name)\"", content)
}

private func file(_ content: String) -> String {
  part(
    "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav", content)
}

private let end = "--XyZ--\r\n"

private func invalid(_ offset: Int, _ fault: MultipartFault) -> ModelVerdict {
  .invalid(offset: offset, reason: .form(fault))
}

struct MultipartModelFinderTests {
  @Test("the field model is found with the place of its content")
  func found() throws {
    #expect(try verdict(field("model", "whisper-1") + end) == .found(value: "whisper-1", range: 55..<64))
    #expect(try verdict(field("language", "en") + field("model", "m") + end) == .found(value: "m", range: 117..<118))
    #expect(try verdict(file("RIFF") + field("model", "m") + end) == .found(value: "m", range: 158..<159))
  }

  @Test("the model is found with the delimiter behind it, whatever follows")
  func foundEarly() throws {
    let form = Array((field("model", "m") + file("x")).utf8)
    #expect(Pieces.bytesNeeded(try finder(), form) == 63)
  }

  @Test("nothing is trimmed from the model, and line ends and dashes in it are its own")
  func content() throws {
    for value in [" m ", "m\r\n", "\r\n--Xy", "\r\r\n-\r\n--X\r", "--", "é日😀"] {
      let range = 55..<55 + value.utf8.count
      #expect(try verdict(field("model", value) + end) == .found(value: value, range: range), "\(value)")
    }
    #expect(
      try verdict(field("file", "\r\n--XyA\r\n--Xy\r\r\n") + field("model", "m") + end)
        == .found(value: "m", range: 127..<128))
  }

  @Test(
    "names are compared without regard to case where they are headers' and parameters', and as they are for the field")
  func names() throws {
    let found = [
      "content-disposition:form-data;name=model", "CONTENT-DISPOSITION: Form-Data ; NAME=\"mod\\el\" ;",
      "X-A: b\r\nContent-Disposition: form-data; x=y; name=\"model\"\r\nContent-Type: text/plain",
      "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: 8BIT",
    ]
    for headers in found {
      guard case .found(value: "m", range: _) = try verdict(part(headers, "m") + end) else {
        Issue.record("\(headers): \(try verdict(part(headers, "m") + end))")
        continue
      }
    }
    #expect(try verdict(field("Model", "m") + field("model ", "m") + field("models", "m") + end) == .absent)
  }

  @Test("a file that is called model is no field")
  func fileOfThatName() throws {
    let file = part("Content-Disposition: form-data; name=\"model\"; filename=\"model.bin\"", "x")
    let encoded = part("Content-Disposition: form-data; name=\"model\"; filename*=UTF-8''m", "x")
    #expect(try verdict(file + encoded + end) == .absent)
    #expect(try verdict(file + field("model", "m") + end) == .found(value: "m", range: 135..<136))
  }

  @Test("a preamble, padding behind a boundary and an epilogue are tolerated")
  func around() throws {
    #expect(try verdict("preamble\r\n--Xy\r\n\r\n" + field("model", "m") + end) == .found(value: "m", range: 73..<74))
    let padded = "--XyZ \t\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--XyZ--"
    #expect(try verdict(padded) == .found(value: "m", range: 57..<58))
    #expect(try verdict(end + "epilogue" + field("model", "m")) == .absent)
    #expect(try verdict("--XyZ--") == .absent)
  }

  @Test("of several models the first one counts")
  func repeated() throws {
    #expect(try verdict(field("model", "a") + field("model", "b") + end) == .found(value: "a", range: 55..<56))
  }

  @Test("a model that is no name is refused with its place")
  func noName() throws {
    let longest = String(repeating: "x", count: 254) + "\r\n"
    #expect(try verdict(field("model", longest) + end) == .found(value: longest, range: 55..<311))
    #expect(try verdict(field("model", longest + "y") + end) == invalid(55, .modelTooLong(limit: 256)))
    #expect(try verdict(field("model", "") + end) == invalid(55, .emptyModel))
    let bytes = Array(field("model", "m").utf8.dropLast(2)) + [0xFF] + Array(("\r\n" + end).utf8)
    #expect(Pieces.verdict(try finder(), bytes) == invalid(55, .modelNotUTF8))
    let encoded = "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64"
    #expect(try verdict(part(encoded, "bQ==") + end) == invalid(88, .modelIsEncoded))
  }

  @Test("forms that engines could read differently are refused with the place")
  func malformed() throws {
    #expect(try verdict("--XyZ\nContent") == invalid(5, .malformedDelimiter))
    #expect(try verdict("--XyZa\r\n") == invalid(5, .malformedDelimiter))
    #expect(try verdict("--XyZ-\r\n") == invalid(6, .malformedDelimiter))
    #expect(try verdict("--XyZ \r\r\n") == invalid(7, .malformedDelimiter))
    #expect(
      try verdict(part("Content-Disposition: form-data;\r\n name=\"model\"", "m")) == invalid(7, .malformedDisposition))
    #expect(try verdict(part("Content-Disposition : form-data; name=\"model\"", "m")) == invalid(7, .malformedHeader))
    #expect(try verdict(part("nothing", "m")) == invalid(7, .malformedHeader))
    #expect(try verdict("--XyZ\r\nA: b\nC: d\r\n") == invalid(11, .malformedHeader))
    #expect(try verdict("--XyZ\r\nA: b\rC: d\r\n") == invalid(12, .malformedHeader))
    #expect(try verdict("--XyZ\r\n\r\nm\r\n") == invalid(7, .missingDisposition))
    #expect(try verdict(part("Content-Type: text/plain", "m")) == invalid(33, .missingDisposition))
    let twice = "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"model\""
    #expect(try verdict(part(twice, "m")) == invalid(49, .repeatedDisposition))
    for disposition in [
      "attachment; name=\"model\"", "form-data", "form-data; name=\"a\"; name=\"model\"", "form-data; name=\"model",
      "form-data; name = model", "form-data; name*=UTF-8''model", "form-data name=\"model\"", "form-data; name=\"a\"b",
    ] {
      let headers = "Content-Disposition: \(disposition)"
      #expect(try verdict(part(headers, "m")) == invalid(7, .malformedDisposition), "\(disposition)")
    }
    // The delimiter directly behind the headers.
    let bare = "--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n"
    #expect(try verdict(bare + "--XyZ--\r\n") == invalid(55, .malformedDelimiter))
  }

  @Test("a form that ends before its closing delimiter is refused with its length")
  func ends() throws {
    #expect(try verdict("") == invalid(0, .unexpectedEnd))
    #expect(try verdict("no form") == invalid(7, .unexpectedEnd))
    #expect(try verdict(field("a", "b")) == invalid(54, .unexpectedEnd))
    #expect(try verdict("--XyZ-") == invalid(6, .unexpectedEnd))
  }

  @Test("the headers of a part are bounded, the parts are not")
  func headerLimit() throws {
    // The lines are "X: ", the value and CRLF, then the disposition with CRLF, then CRLF.
    let disposition = "Content-Disposition: form-data; name=\"model\""
    let room = 8192 - 3 - 2 - disposition.utf8.count - 2 - 2
    let longest = part("X: " + String(repeating: "y", count: room) + "\r\n" + disposition, "m")
    #expect(try verdict(longest + end) == .found(value: "m", range: 8199..<8200))
    let longer = part("X: " + String(repeating: "y", count: room + 1) + "\r\n" + disposition, "m")
    #expect(try verdict(longer + end) == invalid(8199, .headersTooLong(limit: 8192)))
    let many = (0..<100).map { field("a\($0)", String(repeating: "z", count: 100)) }.joined()
    guard case .found(value: "m", range: _) = try verdict(many + field("model", "m") + end) else {
      Issue.record("not found behind many parts")
      return
    }
  }

  @Test("a file before the model counts against the limit, one behind it does not")
  func limit() throws {
    let long = file(String(repeating: "x", count: 4096))
    #expect(try verdict(long + field("model", "m") + end, limit: 4096) == .tooFar(limit: 4096))
    #expect(try verdict(field("model", "m") + long + end, limit: 63) == .found(value: "m", range: 55..<56))
    #expect(try verdict(field("model", "m") + long + end, limit: 62) == .tooFar(limit: 62))
  }

  @Test("however a form is cut, the verdict is the same")
  func cuts() throws {
    let forms = [
      field("model", "m") + end, file("\r\n--XyA\r\n-") + field("model", "whisper-1") + end,
      "preamble\r\n--X\r\n" + field("a", "b") + field("model", "\r\n--Xy\r") + end,
      field("model", String(repeating: "x", count: 257)) + end, field("model", "") + end, field("a", "b") + end,
      part("Content-Disposition: form-data; name=\"model\"; filename=\"f\"", "m") + end,
      "--XyZ \t\r\nA:\r\ncontent-disposition: form-data; name=model\r\n\r\né\r\n--XyZ", "--XyZ\rx", "--XyZ--",
      "nothing",
      part("nothing", "x"), part("Content-Disposition: form-data", "x"), field("model", "\r\r\n\r\n--XyY\r\n--XyZ\r\n"),
    ]
    for form in forms {
      #expect(Pieces.disagreeing(try finder(), Array(form.utf8)).isEmpty, "\(form)")
      #expect(Pieces.disagreeing(try finder(limit: 50), Array(form.utf8)).isEmpty, "\(form) within 50 bytes")
    }
  }
}

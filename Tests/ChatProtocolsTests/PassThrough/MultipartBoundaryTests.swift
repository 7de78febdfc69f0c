import ChatProtocols
import Testing

private func boundary(_ contentType: String) throws -> String {
  String(decoding: try MultipartBoundary(contentType: contentType).bytes, as: UTF8.self)
}

struct MultipartBoundaryTests {
  @Test("the boundary may be quoted and stand anywhere")
  func forms() throws {
    #expect(try boundary("multipart/form-data; boundary=----WebKitFormBoundaryAb12") == "----WebKitFormBoundaryAb12")
    #expect(try boundary(" Multipart/Form-Data;Charset=utf-8;BOUNDARY=\"a b\" ; x=\"boundary=z\";") == "a b")
  }

  @Test("what stands in quotes is unquoted")
  func quotes() throws {
    #expect(try boundary("multipart/form-data; boundary=\"a b\"") == "a b")
    #expect(try boundary("multipart/form-data; boundary=\"a\\b\\(\"; charset=utf-8") == "ab(")
    #expect(try boundary("multipart/form-data; x=\"; boundary=no\"; boundary=yes") == "yes")
    #expect(try boundary("multipart/form-data; boundary=a:b,c=d?e/f") == "a:b,c=d?e/f")
  }

  @Test("a content-type without one good boundary is refused with what is wrong")
  func faults() {
    let seventy = String(repeating: "b", count: 70)
    #expect(throws: Never.self) { try boundary("multipart/form-data; boundary=\(seventy)") }
    let cases: [(String, MultipartFault)] = [
      ("multipart/form-data; boundary=\(seventy)b", .boundaryTooLong(limit: 70)),
      ("application/json", .notAForm), ("", .notAForm), ("multipart/mixed; boundary=b", .notAForm),
      ("multipart/form-data", .missingBoundary), ("multipart/form-data; ", .missingBoundary),
      ("multipart/form-data; boundary=", .missingBoundary), ("multipart/form-data; boundary=\"\"", .missingBoundary),
      ("multipart/form-data; boundary=a; boundary=b", .repeatedBoundary),
      ("multipart/form-data; boundary=\"a", .malformedContentType),
      ("multipart/form-data; boundary=a b", .malformedContentType),
      ("multipart/form-data; boundary", .malformedContentType),
      ("multipart/form-data; boundary =a", .malformedContentType),
      ("multipart/form-data; boundary=\"a\"b", .malformedContentType),
      ("multipart/form-data; boundary=\"a\r\n\"", .malformedContentType),
      ("multipart/form-data; boundary=a\"b", .malformedContentType),
      ("multipart/form-data; boundary=a@b", .invalidBoundary), ("multipart/form-data; boundary=é", .invalidBoundary),
      ("multipart/form-data; boundary=\"a \"", .invalidBoundary),
    ]
    for (contentType, fault) in cases {
      #expect(throws: fault, "\(contentType)") { try MultipartBoundary(contentType: contentType) }
    }
  }

  @Test("the errors say the way out")
  func messages() throws {
    #expect(
      MultipartFault.missingBoundary.apiError
        == APIError(
          status: 400, message: "invalid form: content-type multipart/form-data must have a boundary parameter",
          type: "invalid_request_error", code: "invalid_form"
        ).marked("x-error-multipart-parsing"))
  }

  @Test("audio that is sent as JSON is refused in the words of AIBrix's gateway, other forms are not")
  func audioAsJSON() throws {
    func error(_ path: String, _ fault: MultipartFault) throws -> APIError {
      let match = path.utf8.withContiguousStorageIfAvailable { path in
        "POST".utf8.withContiguousStorageIfAvailable {
          PassThroughPath.match(path: UnsafeRawBufferPointer(path), method: UnsafeRawBufferPointer($0))
        }
      }
      guard case .passed(let row) = match ?? nil else { throw fault }
      return fault.apiError(at: row)
    }
    for path in ["/v1/audio/transcriptions", "/v1/audio/translations"] {
      #expect(
        try error(path, .notAForm)
          == .invalidRequest("audio requests must use multipart/form-data content-type", code: "invalid_form")
          .marked("x-error-request-body-processing"))
      #expect(try error(path, .missingBoundary) == MultipartFault.missingBoundary.apiError)
    }
    #expect(try error("/v1/images/edits", .notAForm) == MultipartFault.notAForm.apiError)
  }
}

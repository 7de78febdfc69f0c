import ChatProtocols
import JSONText
import Testing

struct ModelVerdictTests {
  @Test("a verdict that is a fault of the request says so to the client, with the place")
  func errors() {
    #expect(ModelVerdict.needMore.apiError == nil)
    #expect(ModelVerdict.absent.apiError == nil)
    #expect(ModelVerdict.found(value: "m", range: 0..<3).apiError == nil)
    let malformed = RequestBodyError.malformedJSON(JSONError(offset: 5, reason: .expectedValue))
    #expect(
      ModelVerdict.invalid(offset: 5, reason: .body(malformed)).apiError
        == .invalidRequest("malformed JSON body: expected a value at byte 5", code: "invalid_json")
        .marked("x-error-request-body-processing"))
    #expect(
      ModelVerdict.invalid(offset: 9, reason: .body(.modelNotAString)).apiError
        == .invalidRequest(
          "invalid request body: model must be a string (at byte 9)", param: "model", code: "invalid_type"
        ).marked("x-error-no-model-in-request"))
    #expect(
      ModelVerdict.invalid(offset: 56, reason: .form(.emptyModel)).apiError
        == .invalidRequest("invalid form: model must not be empty (at byte 56)", param: "model", code: "invalid_form")
        .marked("x-error-multipart-parsing"))
  }

  @Test("a model that comes too late is a 413 that says to put it first")
  func tooFar() {
    let error = ModelVerdict.tooFar(limit: 1 << 20).apiError
    #expect(error?.status == 413)
    #expect(error?.code == "model_too_far")
    #expect(error?.param == "model")
    #expect(
      error?.message
        == "the model is too far from the start of the body: put the model field first, before files and other large fields"
    )
  }
}

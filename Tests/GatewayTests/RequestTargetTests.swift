import Testing

@testable import Gateway

@Suite("Targets of request lines") struct RequestTargetTests {
  @Test(
    "path and query come apart in every form",
    arguments: [
      ("/v1/models", "/v1/models", ""), ("/v1/models?a=b", "/v1/models", "?a=b"), ("/?", "/", "?"), ("/", "/", ""),
      ("?a", "/", "?a"), ("", "/", ""), ("*", "*", ""), ("/a?b?c", "/a", "?b?c"), ("/a://b?c", "/a://b", "?c"),
      ("http://host:80/v1/models?a=b", "/v1/models", "?a=b"), ("http://host", "/", ""), ("http://host/", "/", ""),
      ("http://host?a=b", "/", "?a=b"), ("https://host/a://b", "/a://b", ""), ("http:/host", "http:/host", ""),
      ("/é?ü", "/é", "?ü"),
    ])
  func forms(_ target: String, _ path: String, _ query: String) {
    let parts = RequestTarget(target)
    #expect(parts.path == path)
    #expect(parts.query == query)
  }
}

import ChatProtocols
import Testing

/// The row for a path and a method as `PATTERN PLACE`, the methods of the path, or `none`.
private func row(_ method: String, _ path: String) -> String {
  let match = Array(path.utf8).withUnsafeBytes { path in
    Array(method.utf8).withUnsafeBytes { PassThroughPath.match(path: path, method: $0) }
  }
  return switch match {
  case .passed(let row): "\(row.pattern) \(row.modelPlace)"
  case .methodNotAllowed(let methods): methods.allow
  case nil: "none"
  }
}

struct PassThroughPathTests {
  @Test("paths whose body is JSON")
  func json() {
    let paths = [
      "/v1/rerank", "/rerank", "/v2/rerank", "/v1/score", "/score", "/v1/classify", "/classify", "/tokenize",
      "/detokenize", "/v1/responses", "/v1/messages", "/v1/moderations", "/pooling", "/v1/pooling", "/v1/audio/speech",
      "/v1/images/generations", "/v1/video/generations", "/v1/batches",
    ]
    for path in paths { #expect(row("POST", path) == "\(path) jsonBody") }
  }

  @Test("paths whose body is a form")
  func forms() {
    for path in [
      "/v1/audio/transcriptions", "/v1/audio/translations", "/v1/images/edits", "/v1/images/variations",
    ] {
      #expect(row("POST", path) == "\(path) form")
    }
  }

  @Test("files and batches name their model in the query")
  func query() {
    #expect(row("POST", "/v1/files") == "/v1/files query")
    #expect(row("GET", "/v1/files") == "/v1/files query")
    #expect(row("DELETE", "/v1/files/file-a_b.c~1") == "/v1/files/{id} query")
    #expect(row("HEAD", "/v1/files/f/content") == "/v1/files/{id}/content query")
    #expect(row("GET", "/v1/batches") == "/v1/batches query")
    #expect(row("GET", "/v1/batches/b") == "/v1/batches/{id} query")
    #expect(row("POST", "/v1/batches/b/cancel") == "/v1/batches/{id}/cancel query")
  }

  @Test("a method that a path does not have is told from a path that is not there")
  func methods() {
    #expect(row("GET", "/v1/rerank") == "POST")
    #expect(row("post", "/v1/rerank") == "POST")
    #expect(row("PUT", "/v1/files") == "GET, HEAD, POST")
    #expect(row("POST", "/v1/files/f") == "GET, HEAD, DELETE")
    #expect(row("DELETE", "/v1/batches") == "GET, HEAD, POST")
    #expect(row("", "/score") == "POST")
  }

  @Test("no other path is passed through")
  func others() {
    for path in [
      "", "/", "/v1", "/v1/rerank/", "/v1/reran", "/v1/reranks", "/V1/rerank", "/v1/chat/completions", "/v1/files/",
      "/v1/files/.", "/v1/files/..", "/v1/files/../x", "/v1/files//content", "/v1/files/a%2Fb", "/v1/files/a/b",
      "/v1/files/a/content/", "/v1/batches/b/cancel/x", "/v1/files/..;/content", "/v1/files/é", "/metrics",
    ] {
      #expect(row("GET", path) == "none", "\(path)")
      #expect(row("POST", path) == "none", "\(path)")
    }
  }

  @Test("a path and a method are in one row only")
  func unique() {
    var seen: Set<String> = []
    for row in PassThroughPath.all {
      for method in [PassThroughMethods.get, .head, .post, .delete] where row.methods.contains(method) {
        #expect(seen.insert("\(method.allow) \(row.pattern)").inserted)
      }
    }
    #expect(seen.count == 35)
  }
}

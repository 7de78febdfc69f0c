import NIOCore
import NIOHPACK
import Testing

@testable import Gateway

struct HTTP2AnswerHeadTests {
  func fields(_ text: String, status: Int = 200) -> [String] {
    HTTP2AnswerHead.fields(ByteBuffer(string: text), status: status).map { "\($0.name)=\($0.value)" }
  }

  @Test("names come in lower case, values without the white space around them")
  func fields() {
    #expect(
      fields("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A:\t1 2 \r\nempty:\r\n\r\n")
        == [":status=200", "content-type=application/json", "x-a=1 2", "empty="])
  }

  @Test("what belongs to an HTTP/1 connection stays there")
  func connectionSpecific() {
    let text = """
      HTTP/1.1 502 Bad Gateway\r
      Connection: close\r
      keep-alive: timeout=5\r
      transfer-encoding: chunked\r
      proxy-connection: close\r
      upgrade: h2c\r
      content-length: 3\r

      """
    #expect(fields(text, status: 502) == [":status=502", "content-length=3"])
  }

  @Test("an empty reason and no fields are a head too")
  func bare() {
    #expect(fields("HTTP/1.1 204 \r\n", status: 204) == [":status=204"])
    #expect(fields("HTTP/1.1 204", status: 204) == [":status=204"])
  }

  @Test("repeated fields stay apart and in their order")
  func repeated() {
    #expect(
      fields("HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n")
        == [":status=200", "set-cookie=a=1", "set-cookie=b=2"])
  }

  @Test("fields behind an answer have no status before them")
  func trailers() {
    let headers = HTTP2AnswerHead.trailers(Array("X-Sum: 1\r\nconnection: close\r\nserver-timing:\ta \r\n".utf8))
    #expect(headers.map { "\($0.name)=\($0.value)" } == ["x-sum=1", "server-timing=a"])
    #expect(HTTP2AnswerHead.trailers([]).isEmpty)
  }

  @Test("what differs from answer to answer is kept out of the table")
  func indexing() {
    let headers = HTTP2AnswerHead.fields(
      ByteBuffer(string: "HTTP/1.1 200 OK\r\nx-request-id: 7\r\nserver: vllm\r\n"), status: 200)
    for (name, _, indexing) in headers {
      switch indexing {
      case .nonIndexable: #expect(name == "x-request-id")
      case .indexable: #expect(name != "x-request-id")
      default: Issue.record("\(name) is \(indexing)")
      }
    }
  }
}

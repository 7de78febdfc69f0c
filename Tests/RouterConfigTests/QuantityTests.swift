import Testing

@testable import RouterConfig

@Suite("Quantities, suggestions and paths") struct QuantityTests {
  @Test(
    "durations",
    arguments: [
      ("60s", 60.0), ("1m30s", 90), ("0", 0), ("15", 15), ("1.5h", 5400), ("250ms", 0.25), ("10us", 0.00001), ("", nil),
      ("s", nil), ("5 s", nil), ("-1s", nil), ("1d", nil), ("1e3s", nil), ("1s2", nil),
    ] as [(String, Double?)])
  func durations(_ text: String, _ seconds: Double?) { #expect(Quantity.seconds(text) == seconds) }

  @Test(
    "durations are written as they are read",
    arguments: [
      ("60s", "1m"), ("1m30s", "1m30s"), ("0", "0"), ("1.5h", "1h30m"), ("0.25", "250ms"), ("10us", "10us"),
      ("0.4us", "0"), ("3661.001001", "1h1m1s1ms1us"), ("99999h", "8760h"),
    ])
  func durationTexts(_ text: String, _ expected: String) throws {
    let duration = try #require(Quantity.duration(text))
    #expect(Quantity.text(of: duration) == expected)
    #expect(Quantity.duration(expected) == duration)
  }

  @Test(
    "sizes",
    arguments: [
      ("0", 0, "0"), ("65536", 65536, "64K"), ("65537", 65537, "65537"), ("64K", 65536, "64K"),
      ("64ki", 65536, "64K"), ("64KiB", 65536, "64K"), ("64m", 67_108_864, "64M"),
      ("1.5G", 1_610_612_736, "1536M"), ("1Gi", 1_073_741_824, "1G"), ("2T", 2_199_023_255_552, "2T"),
      ("0.5K", 512, "512"), ("4096T", 4_503_599_627_370_496, "4096T"),
    ])
  func sizes(_ text: String, _ bytes: Int, _ written: String) {
    #expect(Quantity.bytes(text) == bytes)
    #expect(Quantity.text(ofBytes: bytes) == written)
    #expect(Quantity.bytes(written) == bytes)
  }

  @Test(
    "texts that are no sizes are refused",
    arguments: ["", "K", "-1", "1MB", "1B", "1i", "1iB", "1P", "1 M", "1KiKi", "0.3K", "99999999T", "1e3"])
  func badSizes(_ text: String) { #expect(Quantity.bytes(text) == nil) }

  @Test(
    "origins are brought into the form that browsers send",
    arguments: [
      ("*", "*"), ("null", "null"), ("https://app.example.com", "https://app.example.com"),
      ("HTTPS://App.Example.COM:443", "https://app.example.com"), ("http://h:80", "http://h"),
      ("http://h:443", "http://h:443"), ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
      ("http://[::1]:3000", "http://[::1]:3000"), ("http://[::1]", "http://[::1]"),
      ("app://localhost", "app://localhost"),
      ("", nil), ("app.example.com", nil), ("https://", nil), ("https://a/", nil), ("https://a/b", nil),
      ("https://u@a", nil), ("https://*.example.com", nil), ("https://a:0", nil), ("https://a:65536", nil),
      ("https://a:+1", nil), ("https://a:", nil), ("https://[::1]x", nil), ("https://[::1", nil), ("1s://a", nil),
      ("https://é.example", nil), ("https://a b", nil), ("https://a\u{212A}", nil),
    ] as [(String, String?)])
  func origins(_ text: String, _ expected: String?) { #expect(HTTPText.origin(text) == expected) }

  @Test(
    "token counts",
    arguments: [
      ("4096", 4096), ("4K", 4000), ("4k", 4000), ("1.5M", 1_500_000), ("0", 0), ("0.0005K", nil), ("K", nil),
      ("-4", nil),
      ("4G", nil), ("", nil), ("99999999999999999999M", nil),
    ] as [(String, Int?)])
  func tokens(_ text: String, _ tokens: Int?) { #expect(Quantity.tokens(text) == tokens) }

  @Test(
    "the nearest name is at most 3 edits and a third of the length away",
    arguments: [
      ("maths", "math"), ("kwyword", "keyword"), ("contxet", "context"), ("xyz", nil), ("ma", nil), ("Math", "math"),
      ("keyqqord", "keyword"), ("keyqqqqd", nil),
    ] as [(String, String?)])
  func suggestions(_ name: String, _ expected: String?) {
    #expect(Suggestion.nearest(to: name, among: ["math", "keyword", "context"]) == expected)
  }

  @Test(
    "paths print as they are read",
    arguments: [
      "", "routing", "routing.decisions[3].rules.conditions[0].name",
      #"providers.models[0].external_model_ids["a.b"].x"#,
    ])
  func paths(_ text: String) { #expect(DocumentPath(text)?.description == text) }

  @Test("texts that are no paths are refused", arguments: ["a[", "a[x]", "a..b", ".", "a[-1]", "a.[0]"])
  func badPaths(_ text: String) { #expect(DocumentPath(text) == nil) }

  @Test(
    "addresses are taken apart",
    arguments: [
      ("h", false, "h", 80, ""), ("h", true, "h", 443, ""), ("h:8000", false, "h", 8000, ""),
      ("[::1]:8000", false, "::1", 8000, ""), ("[fe80::1]", true, "fe80::1", 443, ""),
      ("h:1/openai/", false, "h", 1, "/openai"), ("h:1/v1", false, "h", 1, ""), ("h:1/x/v1/", false, "h", 1, "/x"),
    ])
  func addresses(_ text: String, _ usesTLS: Bool, _ host: String, _ port: Int, _ prefix: String) throws {
    let address = try BackendAddress(endpoint: text, usesTLS: usesTLS)
    #expect(address == BackendAddress(host, port, usesTLS, prefix))
  }
}

extension BackendAddress {
  init(_ host: String, _ port: Int, _ usesTLS: Bool, _ pathPrefix: String) {
    var address = try! BackendAddress(endpoint: "h:1", usesTLS: usesTLS)
    address.host = host
    address.port = port
    address.pathPrefix = pathPrefix
    self = address
  }
}

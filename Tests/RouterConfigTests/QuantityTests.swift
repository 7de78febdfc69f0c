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

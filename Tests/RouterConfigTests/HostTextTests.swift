import Testing

@testable import RouterConfig

@Suite("Hosts by their form") struct HostTextTests {
  @Test(
    "addresses and host names",
    arguments: [
      "0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "1::", "fe80::1%eth0", "1:2:3:4:5:6:7:8",
      "::ffff:10.0.0.1",
      "1:2:3:4:5:6:10.0.0.1", "2001:DB8::a", "1:2:3:4:5:6:7::", "localhost", "h",
      "vllm-0.vllm.default.svc.cluster.local",
      "example.org.", "3com.example", "xn--bcher-kva.example", String(repeating: "a", count: 63),
    ])
  func hosts(_ text: String) { #expect(HostText.isHost(text)) }

  @Test(
    "texts that are neither",
    arguments: [
      "", ".", "a..b", "a b", "-a", "a-", "é", "h:80", "http://h", "h/x", "10.0.0", "10.0.0.256", "10.0.0.0.1",
      "1234", "[::1]", ":", ":::", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "g::",
      "::1%", "::1%a b", "10.0.0.1::", "::10.0.0", "*", String(repeating: "a", count: 64),
      String(repeating: "a.", count: 127) + "a",
    ])
  func others(_ text: String) { #expect(!HostText.isHost(text)) }
}

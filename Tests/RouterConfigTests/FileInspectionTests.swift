import Foundation
import Testing

@testable import RouterConfig

@Suite("Files that documents name") struct FileInspectionTests {
  private static let yaml = """
    listeners:
      - name: https
        port: 8443
        tls: {cert_file: tls/a.crt, key_file: /etc/a.key, client_ca_file: "$CA"}
    routing: {}
    """

  @Test("a missing file is an error at its place, and one out of a variable is not shown")
  func missing() {
    do {
      _ = try ConfigurationLoader(
        environment: ["CA": "/secret/ca.crt"], files: FileInspection { _ in "which does not exist" }
      ).load(Array(Self.yaml.utf8), file: "deploy/c.yaml")
      Issue.record("loaded")
    } catch {
      #expect(
        error.problems.map(\.description) == [
          "deploy/c.yaml:4:22: listener \"https\": tls.cert_file names \"deploy/tls/a.crt\", which does not exist; "
            + "relative paths begin at the document's folder",
          "deploy/c.yaml:4:43: listener \"https\": tls.key_file names \"/etc/a.key\", which does not exist",
          "deploy/c.yaml:4:71: listener \"https\": tls.client_ca_file names a file, which does not exist",
        ])
    }
  }

  @Test("relative paths begin at the document's folder")
  func relative() throws {
    let tls = try ConfigurationLoader(environment: ["CA": "ca.crt"], files: .none)
      .load(Array(Self.yaml.utf8), file: "/etc/router/c.yaml").document.listeners[0].tls
    #expect(tls?.certificateFile == "/etc/router/tls/a.crt")
    #expect(tls?.keyFile == "/etc/a.key")
    #expect(tls?.clientCAFile == "/etc/router/ca.crt")
    #expect(FileInspection.path("a", namedIn: "c.yaml") == "a")
    #expect(FileInspection.path("a", namedIn: "/c.yaml") == "/a")
  }

  @Test("the system's files are looked at")
  func system() {
    let look = FileInspection.system.obstacle
    let folder = Samples.root.path
    #expect(look("\(folder)/docs/configuration.md") == nil)
    #expect(look("\(folder)/docs") == "which is a folder")
    #expect(look("\(folder)/docs/no-such-file") == "which does not exist")
    #expect(look("\(folder)/docs/configuration.md/x") == "which does not exist")
    #expect(look("\(folder)/docs/configuration.md\u{0}x") == "which is no path")
    #expect(look(String(repeating: "a", count: 5000)) == "which cannot be reached")
  }

  @Test("a loader looks at files unless told not to")
  func usual() {
    #expect(throws: ConfigurationProblems.self) {
      try ConfigurationLoader(environment: ["CA": "/no-such-folder/ca"]).load(Array(Self.yaml.utf8), file: "c.yaml")
    }
  }
}

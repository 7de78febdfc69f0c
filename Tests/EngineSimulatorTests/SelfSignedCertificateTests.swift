import Foundation
import NIOSSL
import Testing

@testable import EngineSimulator

@Suite("Self-signed certificates")
struct SelfSignedCertificateTests {
  private static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

  static let hasOpenSSL = searchPath.split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: $0 + "/openssl")
  }

  /// The error of making one when openssl is another program of the system; nil means that there is none.
  private func failure(program: String?) async throws -> String {
    try await TestCertificate.withFolder { folder in
      if let program {
        let paths = ["/bin/\(program)", "/usr/bin/\(program)"]
        let path = try #require(paths.first { FileManager.default.isExecutableFile(atPath: $0) })
        try FileManager.default.createSymbolicLink(
          atPath: folder.appending(path: "openssl").path, withDestinationPath: path)
      }
      let generator = SelfSignedCertificate(
        names: [], searchPath: folder.path, temporaryFolder: FileManager.default.temporaryDirectory)
      do {
        _ = try await generator.make()
        return "no error"
      } catch let error as OptionError {
        return error.message.replacingOccurrences(of: folder.path, with: "PATH")
      }
    }
  }

  @Test(
    "it is made in a folder that is gone afterwards, and its key belongs to it",
    .enabled(if: hasOpenSSL, "needs the openssl program"))
  func made() async throws {
    try await TestCertificate.withFolder { folder in
      let pair = try await SelfSignedCertificate(
        names: ["pod-1", "10.0.0.7"], searchPath: Self.searchPath, temporaryFolder: folder
      ).make()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
      _ = try ServerTLS.context(pair)
      let certificate = try NIOSSLCertificate(bytes: pair.certificate, format: .pem)
      #expect(certificate.notValidAfter - certificate.notValidBefore == 365 * 86_400)
    }
  }

  @Test("it names localhost's addresses, the host and the address that is listened on, each once")
  func names() {
    func entries(_ names: String...) -> [String] {
      SelfSignedCertificate(
        names: names, searchPath: "", temporaryFolder: FileManager.default.temporaryDirectory
      ).subjectAlternativeNames
    }
    let always = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]
    #expect(entries("Pod-1.example", "10.0.0.7") == always + ["DNS:pod-1.example", "IP:10.0.0.7"])
    #expect(entries("localhost", "127.0.0.1") == always)
    #expect(entries("fd00::1", "0.0.0.0") == always + ["IP:fd00::1"])
    // Names that would change the configuration file are left out.
    #expect(entries("a, DNS:b", "x\ny", "$ENV::HOME", "::", "") == always)
  }

  @Test("without openssl one line names the package")
  func noProgram() async throws {
    #expect(
      try await failure(program: nil)
        == "--self-signed-certs: the openssl program is not on the PATH; install it (Debian: the package openssl), or give --ssl-certfile and --ssl-keyfile"
    )
  }

  @Test("an openssl that fails, or that makes nothing, is told with the last of its complaints")
  func failing() async throws {
    #expect(
      try await failure(program: "false")
        == "--self-signed-certs: PATH/openssl made no certificate (exit status 1)")
    #expect(
      try await failure(program: "true")
        == "--self-signed-certs (PATH/openssl): the file cannot be read: there is no such file")
    #expect(
      SelfSignedCertificate.failure("/bin/openssl", status: 3, messages: "first\nno curve\n").message
        == "--self-signed-certs: /bin/openssl made no certificate (exit status 3): no curve")
  }

  @Test("a temporary folder that is not there is told", .enabled(if: hasOpenSSL, "needs the openssl program"))
  func noFolder() async throws {
    let generator = SelfSignedCertificate(
      names: [], searchPath: Self.searchPath, temporaryFolder: URL(filePath: "/no/such/folder"))
    await #expect(
      throws: OptionError(
        "--self-signed-certs: no folder can be made in /no/such/folder: No such file or directory; set TMPDIR to one that can be written"
      )
    ) { _ = try await generator.make() }
  }
}

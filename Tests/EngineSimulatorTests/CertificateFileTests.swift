import Foundation
import NIOSSL
import Testing

@testable import EngineSimulator

@Suite("Certificate files that cannot be used")
struct CertificateFileTests {
  /// The error of a start with files `c` and `k` of these contents, without the folder's name; nil leaves a file out.
  private func failure(certificate: String?, key: String?) async throws -> String {
    try await TestCertificate.withFolder { folder in
      if let certificate { _ = try TestCertificate.write(certificate, to: folder, "c") }
      if let key { _ = try TestCertificate.write(key, to: folder, "k") }
      var options = EngineSimulatorOptions(model: "demo")
      options.host = "127.0.0.1"
      options.port = 0
      options.tls.certificateFile = folder.appending(path: "c").path
      options.tls.keyFile = folder.appending(path: "k").path
      do {
        await (try SimulatedEngine.start(options)).stop(grace: .zero)
        return "no error"
      } catch let error as OptionError {
        return error.message.replacingOccurrences(of: folder.path + "/", with: "")
      }
    }
  }

  @Test("the pair of the other tests can be used, and so can one file that holds both")
  func good() async throws {
    #expect(try await failure(certificate: TestCertificate.certificate, key: TestCertificate.key) == "no error")
    let both = "a comment\r\n" + TestCertificate.key + TestCertificate.certificate
    #expect(try await failure(certificate: both, key: both) == "no error")
  }

  @Test("a file that is not there, and a folder, are one plain line")
  func unreadable() async throws {
    #expect(
      try await failure(certificate: nil, key: TestCertificate.key)
        == "--ssl-certfile c: the file cannot be read: there is no such file")
    #expect(
      try await failure(certificate: TestCertificate.certificate, key: nil)
        == "--ssl-keyfile k: the file cannot be read: there is no such file")
    let folder = FileManager.default.temporaryDirectory.path
    #expect(throws: OptionError("--ssl-certfile \(folder): the file cannot be read: it is a folder")) {
      _ = try PEMPair.read(certificateFile: folder, keyFile: folder)
    }
  }

  @Test("a file that is too large is not read into memory")
  func large() async throws {
    #expect(
      try await failure(certificate: String(repeating: "x", count: (1 << 20) + 1), key: TestCertificate.key)
        == "--ssl-certfile c: the file is larger than 1048576 bytes; it is no PEM file of a server")
  }

  @Test("files without a certificate or a key say what they need")
  func notPEM() async throws {
    let noCertificate =
      "--ssl-certfile c: there is no PEM certificate in the file; it needs a -----BEGIN CERTIFICATE----- block"
    #expect(try await failure(certificate: "", key: TestCertificate.key) == noCertificate)
    #expect(try await failure(certificate: "\u{30}\u{82}binary", key: TestCertificate.key) == noCertificate)
    // The files were swapped.
    #expect(try await failure(certificate: TestCertificate.key, key: TestCertificate.certificate) == noCertificate)
    #expect(
      try await failure(certificate: TestCertificate.certificate, key: TestCertificate.certificate)
        == "--ssl-keyfile k: there is no PEM private key in the file; it needs a -----BEGIN PRIVATE KEY----- block")
  }

  @Test("damaged blocks are told by their number")
  func damaged() async throws {
    let cut = TestCertificate.certificate + TestCertificate.certificate.prefix(200)
    #expect(
      try await failure(certificate: cut, key: TestCertificate.key)
        == "--ssl-certfile c: certificate 2 of 2 is damaged")
    #expect(
      try await failure(certificate: TestCertificate.certificate, key: String(TestCertificate.key.prefix(100)))
        == "--ssl-keyfile k: the key is damaged or of an unknown kind; take an RSA or EC key")
  }

  @Test("an encrypted key is refused in both of its forms")
  func encrypted() async throws {
    let message =
      "--ssl-keyfile k: the key is encrypted; write it without its passphrase (openssl pkey -in FILE -out NEW)"
    for key in [
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHs\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nZKn4\n-----END EC PRIVATE KEY-----\n",
    ] {
      #expect(try await failure(certificate: TestCertificate.certificate, key: key) == message)
    }
  }

  @Test("a key of another certificate is refused")
  func mismatch() async throws {
    #expect(
      try await failure(certificate: TestCertificate.certificate, key: TestCertificate.foreignKey)
        == "--ssl-keyfile k: the key is not that of the first certificate in --ssl-certfile c")
  }

  @Test("blocks are found between comments, with any line ends, and an open one reaches to the end")
  func blocks() {
    let text = "about\r\n-----BEGIN A-----\r\nxx \r\n-----END A-----\r\n-----BEGIN B-----\ryy"
    #expect(
      PEMBlock.blocks(in: Array(text.utf8)) == [
        PEMBlock(label: "A", text: "-----BEGIN A-----\nxx\n-----END A-----\n"),
        PEMBlock(label: "B", text: "-----BEGIN B-----\nyy\n"),
      ])
    #expect(PEMBlock.blocks(in: Array("-----BEGIN -----\n-----BEGIN \n-----".utf8)) == [])
  }
}

import Foundation
import NIOSSL

/// Makes the TLS side of an engine's port: HTTP/1.1 (by ALPN) over TLS 1.2 or 1.3, without client certificates.
enum ServerTLS {
  /// The context that all ranks share; nil when the port speaks plain HTTP. Reads files or starts `openssl`, so it must
  /// not run on an event loop.
  ///
  /// - Parameter host: The address that is listened on, for the self-signed certificate.
  /// - Throws: One line that tells which file cannot be used and why.
  static func context(_ settings: TLSSettings, host: String) async throws(OptionError) -> NIOSSLContext? {
    switch try settings.source() {
    case nil: return nil
    case .files(let certificate, let key):
      return try context(try PEMPair.read(certificateFile: certificate, keyFile: key))
    case .selfSigned:
      let process = ProcessInfo.processInfo
      let generator = SelfSignedCertificate(
        names: [process.hostName, host], searchPath: process.environment["PATH"] ?? "/usr/bin:/bin",
        temporaryFolder: FileManager.default.temporaryDirectory)
      return try context(try await generator.make())
    }
  }

  /// - Throws: ``OptionError`` for a pair that is not PEM, is damaged, is encrypted, or does not belong together.
  static func context(_ pair: PEMPair) throws(OptionError) -> NIOSSLContext {
    let chain = try chain(pair)
    let key = try key(pair)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    // How long a closed connection waits for the client's goodbye. The answer was sent before, so nothing is lost, and a
    // client that says none must not hold up a stop.
    configuration.shutdownTimeout = .seconds(1)
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch NIOSSLError.failedToLoadPrivateKey {
      // The context takes the certificate first and refuses a key that is not its own.
      throw OptionError("\(pair.keyPlace): the key is not that of the first certificate in \(pair.certificatePlace)")
    } catch {
      throw OptionError("\(pair.certificatePlace): a server cannot use the certificate; take one with an RSA or EC key")
    }
  }

  private static func chain(_ pair: PEMPair) throws(OptionError) -> [NIOSSLCertificate] {
    let blocks = PEMBlock.blocks(in: pair.certificate).filter(\.isCertificate)
    guard !blocks.isEmpty else {
      throw OptionError(
        "\(pair.certificatePlace): there is no PEM certificate in the file; it needs a -----BEGIN CERTIFICATE----- block"
      )
    }
    var chain: [NIOSSLCertificate] = []
    for (index, block) in blocks.enumerated() {
      guard let certificate = try? NIOSSLCertificate(bytes: Array(block.text.utf8), format: .pem) else {
        throw OptionError("\(pair.certificatePlace): certificate \(index + 1) of \(blocks.count) is damaged")
      }
      chain.append(certificate)
    }
    return chain
  }

  private static func key(_ pair: PEMPair) throws(OptionError) -> NIOSSLPrivateKey {
    guard let block = PEMBlock.blocks(in: pair.key).first(where: \.isPrivateKey) else {
      throw OptionError(
        "\(pair.keyPlace): there is no PEM private key in the file; it needs a -----BEGIN PRIVATE KEY----- block")
    }
    guard !block.isEncrypted else {
      throw OptionError(
        "\(pair.keyPlace): the key is encrypted; write it without its passphrase (openssl pkey -in FILE -out NEW)")
    }
    guard let key = try? NIOSSLPrivateKey(bytes: Array(block.text.utf8), format: .pem) else {
      throw OptionError("\(pair.keyPlace): the key is damaged or of an unknown kind; take an RSA or EC key")
    }
    return key
  }
}

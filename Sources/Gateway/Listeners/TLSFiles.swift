import NIOSSL
import RouterConfig

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files of a listener that speaks TLS: looks whether they changed, and makes of them what connections use. Blocks,
/// so not for event loops.
struct TLSFiles: Sendable {
  /// Why files cannot be used: names the file and the way out, and shows nothing of its content.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// What a file looks like from outside; nil for one that is not there.
  struct Stamp: Equatable {
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int
    var size: Int
    /// A secret mounted by Kubernetes is exchanged by a link, so another file of the same size and time may be there.
    var inode: UInt64
  }

  let tls: ListenerTLS

  /// The stamps of all files, in a fixed order.
  func stamps() -> [Stamp?] {
    [tls.certificateFile, tls.keyFile, tls.clientCAFile].compactMap { $0 }.map(Self.stamp)
  }

  private static func stamp(_ path: String) -> Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let modified = status.st_mtimespec
    #else
      let modified = status.st_mtim
    #endif
    return Stamp(
      modifiedSeconds: Int(modified.tv_sec), modifiedNanoseconds: Int(modified.tv_nsec), size: Int(status.st_size),
      inode: UInt64(status.st_ino))
  }

  /// Reads the files.
  func context() throws(Failure) -> NIOSSLContext {
    let chain = try certificates(tls.certificateFile)
    let key = try key(tls.keyFile)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion =
      switch tls.minimumVersion {
      case .tls12: .tlsv12
      case .tls13: .tlsv13
      }
    configuration.applicationProtocols = tls.applicationProtocols
    // How long a closed connection waits for the client's goodbye. What was sent is sent, and a client that says none
    // must not hold up a stop.
    configuration.shutdownTimeout = .seconds(1)
    if tls.clientAuthentication != .none, let file = tls.clientCAFile {
      configuration.trustRoots = .certificates(try certificates(file))
      configuration.certificateVerification =
        tls.clientAuthentication == .require ? .noHostnameVerification : .optionalVerification
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch NIOSSLError.failedToLoadPrivateKey {
      // The certificate is taken first, and a key that is not its own refused.
      throw Failure(
        description: "\(tls.keyFile): the key is not that of the first certificate in \(tls.certificateFile); "
          + "put the pair that belongs together")
    } catch {
      throw Failure(
        description: "\(tls.certificateFile): a server cannot use the certificate; take one with an RSA or EC key")
    }
  }

  private func certificates(_ path: String) throws(Failure) -> [NIOSSLCertificate] {
    try checkReadable(path)
    guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
      throw Failure(
        description: "\(path): there is no sound PEM certificate in the file; it needs -----BEGIN CERTIFICATE----- "
          + "blocks (see what is there: openssl x509 -in \(path) -noout -text)")
    }
    return certificates
  }

  private func key(_ path: String) throws(Failure) -> NIOSSLPrivateKey {
    try checkReadable(path)
    guard let key = try? NIOSSLPrivateKey(file: path, format: .pem) else {
      throw Failure(
        description: "\(path): there is no PEM private key in the file that can be used; it needs a "
          + "-----BEGIN PRIVATE KEY----- block of an RSA or EC key without passphrase (openssl pkey -in FILE -out NEW)"
      )
    }
    return key
  }

  private func checkReadable(_ path: String) throws(Failure) {
    guard access(path, R_OK) != 0 else { return }
    let reason = String(cString: strerror(errno))
    throw Failure(
      description: "\(path) cannot be read: \(reason); see that the file is there and readable by this user")
  }
}

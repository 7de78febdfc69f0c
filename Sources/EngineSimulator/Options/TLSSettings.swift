/// Whether an engine's port speaks HTTPS, and with which certificate: `--ssl-certfile`, `--ssl-keyfile` and
/// `--self-signed-certs`. As long as nothing is set the port speaks plain HTTP.
public struct TLSSettings: Sendable, Equatable {
  /// The path of a PEM file: the server's certificate, then those that lead to its root. Empty means none.
  public var certificateFile = ""
  /// The path of a PEM file with the certificate's private key, without a passphrase. Empty means none.
  public var keyFile = ""
  /// Makes a certificate for this machine at the start; not together with the files.
  public var usesSelfSignedCertificate = false

  public init() {}

  /// Where a certificate comes from.
  enum Source: Sendable, Equatable {
    case files(certificate: String, key: String)
    case selfSigned
  }

  /// Where the certificate comes from; nil means plain HTTP.
  ///
  /// - Throws: What does not fit together: one file of the pair alone, or both ways at once.
  func source() throws(OptionError) -> Source? {
    if usesSelfSignedCertificate {
      guard certificateFile.isEmpty, keyFile.isEmpty else {
        let other = certificateFile.isEmpty ? "--ssl-keyfile" : "--ssl-certfile"
        throw OptionError("--self-signed-certs makes a certificate and \(other) gives one; leave one of them out")
      }
      return .selfSigned
    }
    switch (certificateFile.isEmpty, keyFile.isEmpty) {
    case (true, true): return nil
    case (false, false): return .files(certificate: certificateFile, key: keyFile)
    case (false, true): throw OptionError("--ssl-certfile needs the certificate's key: give --ssl-keyfile FILE too")
    case (true, false): throw OptionError("--ssl-keyfile needs the key's certificate: give --ssl-certfile FILE too")
    }
  }
}

import Foundation

/// Makes a certificate that this machine signs itself, with the `openssl` program: P-256, 365 days, for `localhost`,
/// 127.0.0.1, ::1 and the names given.
///
/// Why a program: signing a certificate takes an ASN.1 writer and a signature, which NIOSSL does not offer; a package for
/// them would be compiled by everybody for a flag of few.
struct SelfSignedCertificate {
  /// Host names and addresses besides localhost's; those that no certificate can carry are left out.
  let names: [String]
  /// Folders in which `openssl` is looked for, separated by colons.
  let searchPath: String
  /// Where the private folder is made, which is gone when ``make()`` returns.
  let temporaryFolder: URL

  private static let flag = "--self-signed-certs"
  /// It takes milliseconds; a program that hangs must not hang the start.
  private static let timeLimit = Duration.seconds(30)

  /// Makes the key and the certificate. Only the process's own user can read the files while they exist.
  ///
  /// - Throws: One line when there is no `openssl`, or what it complains about.
  func make() async throws(OptionError) -> PEMPair {
    guard let program = program() else {
      throw OptionError(
        "\(Self.flag): the openssl program is not on the PATH; install it (Debian: the package openssl), or give --ssl-certfile and --ssl-keyfile"
      )
    }
    let folder = try privateFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let configuration = folder.appending(path: "request.cnf")
    let messages = folder.appending(path: "messages.txt")
    let key = folder.appending(path: "key.pem")
    let certificate = folder.appending(path: "certificate.pem")
    do {
      try Data(request.utf8).write(to: configuration)
      try Data().write(to: messages)
    } catch {
      throw OptionError(
        "\(Self.flag): cannot write to \(folder.path): \(ConfigurationFileFailure.reason(error)); set TMPDIR to a folder with room"
      )
    }
    let status: Int32
    do {
      status = try await run(
        program,
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256",
          "-days", "365", "-config", configuration.path, "-keyout", key.path, "-out", certificate.path,
        ], messages: messages)
    } catch {
      throw OptionError("\(Self.flag): \(program.path) cannot be started: \(ConfigurationFileFailure.reason(error))")
    }
    guard status == 0 else {
      let said = (try? PEMPair.contents(messages.path, place: Self.flag)) ?? []
      throw Self.failure(program.path, status: status, messages: String(decoding: said, as: UTF8.self))
    }
    let place = "\(Self.flag) (\(program.path))"
    return PEMPair(
      certificate: try PEMPair.contents(certificate.path, place: place),
      key: try PEMPair.contents(key.path, place: place), certificatePlace: place, keyPlace: place)
  }

  /// What is told of a run that failed: its status and the last line of what it wrote.
  static func failure(_ program: String, status: Int32, messages: String) -> OptionError {
    let reason = messages.split(whereSeparator: \.isNewline).last.map { ": \($0.prefix(200))" } ?? ""
    return OptionError("\(flag): \(program) made no certificate (exit status \(status))\(reason)")
  }

  /// The names of the certificate as openssl writes them, each once.
  var subjectAlternativeNames: [String] {
    var entries = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]
    for name in names {
      guard let entry = Self.entry(name), !entries.contains(entry) else { continue }
      entries.append(entry)
    }
    return entries
  }

  /// `IP:…` or `DNS:…`; nil for an address that means all interfaces and for what is no name. Nothing else gets through,
  /// since the names become lines of a configuration file.
  private static func entry(_ name: String) -> String? {
    guard !["", "0.0.0.0", "::"].contains(name) else { return nil }
    var address = in6_addr()
    if inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1 { return "IP:\(name)" }
    let isName = name.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    return isName && name.utf8.count <= 253 ? "DNS:\(name.lowercased())" : nil
  }

  /// The configuration of `openssl req`; the system's own, which differs between distributions, is not read. There is no
  /// key usage: without the right to sign certificates BoringSSL does not take a certificate for one that signed itself,
  /// and would not trust it as its own root.
  private var request: String {
    """
    [req]
    prompt = no
    distinguished_name = subject
    x509_extensions = server
    [subject]
    CN = localhost
    [server]
    basicConstraints = critical, CA:FALSE
    extendedKeyUsage = serverAuth
    subjectKeyIdentifier = hash
    subjectAltName = \(subjectAlternativeNames.joined(separator: ", "))

    """
  }

  private func program() -> URL? {
    for folder in searchPath.split(separator: ":") {
      let path = "\(folder)/openssl"
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
        FileManager.default.isExecutableFile(atPath: path)
      {
        return URL(filePath: path)
      }
    }
    return nil
  }

  private func privateFolder() throws(OptionError) -> URL {
    // mkdtemp makes the folder with mode 0700 from the beginning.
    var template = Array(temporaryFolder.appending(path: "engine-sim-tls-XXXXXX").path.utf8CString)
    guard mkdtemp(&template) != nil else {
      let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
      throw OptionError(
        "\(Self.flag): no folder can be made in \(temporaryFolder.path): \(reason); set TMPDIR to one that can be written"
      )
    }
    return URL(filePath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  /// Runs a program to its end and gives its exit status. What it writes on standard error goes to a file, since a pipe
  /// that nobody empties would stop it.
  private func run(_ program: URL, _ arguments: [String], messages: URL) async throws -> Int32 {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let log = try FileHandle(forWritingTo: messages)
    defer { try? log.close() }
    process.standardError = log
    let limit = Task {
      try await Task.sleep(for: Self.timeLimit)
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    defer { limit.cancel() }
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
  }
}

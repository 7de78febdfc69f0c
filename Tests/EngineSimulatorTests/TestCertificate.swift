import Foundation

/// A certificate for localhost and 127.0.0.1 that is valid until 2120, its key, and the key of another one. They protect
/// nothing: they were made for these tests and are used nowhere else.
enum TestCertificate {
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBdzCCAR2gAwIBAgIURLcVEkjvAYt2oaarPlUYVLYR9VQwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
    MDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAAThV6D4qndYkcDYoHli93iih2dGPByUUkn3FuZEzQWoMECt7DTmGKfj
    FggC3pYF/8yw/XVELQ7kM/6wqHAxhvFho0swSTAMBgNVHRMBAf8EAjAAMBoGA1Ud
    EQQTMBGCCWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQUa+VqVWES3rGQsbNpdJ+H
    VDYvCa4wCgYIKoZIzj0EAwIDSAAwRQIgXqDlE6mIPApB1HMA/sZSw7qnUi0kFOzk
    98SUSeJj4TkCIQDRGKx6NpoXtiIdj5MeFMt7FDDgma7uzcDK6P14Vt4H1g==
    -----END CERTIFICATE-----

    """

  static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguQ1M2n4MVwCCY7Ur
    grTQMXhJsTSjeKYfHCoq3kfdoOWhRANCAAThV6D4qndYkcDYoHli93iih2dGPByU
    Ukn3FuZEzQWoMECt7DTmGKfjFggC3pYF/8yw/XVELQ7kM/6wqHAxhvFh
    -----END PRIVATE KEY-----

    """

  static let foreignKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHu78fgFjkOW/bRtF
    GMZv+hfJjzSbcSxyIRgqbeItmduhRANCAATc1lgW2I/8VlGYmvSi7RFagTGbNJCE
    +XWlgSVjqgo2zX12bO0iLk/cNLZn5Tm4ecGqxDA+H1uBCfaZX8lgjA4B
    -----END PRIVATE KEY-----

    """

  /// Calls `body` with a folder that is removed afterwards.
  static func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "engine-sim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
  }

  static func write(_ text: String, to folder: URL, _ name: String) throws -> String {
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path
  }
}

import Foundation

/// A certificate chain and its private key as PEM, not yet checked, with the places that errors name.
struct PEMPair {
  var certificate: [UInt8]
  var key: [UInt8]
  /// The flag and the file, for errors.
  let certificatePlace: String
  let keyPlace: String

  /// No chain of certificates comes near it; a wrong path must not fill the memory.
  static let maxFileBytes = 1 << 20

  /// Reads the files of `--ssl-certfile` and `--ssl-keyfile`. Blocks its thread while it reads.
  static func read(certificateFile: String, keyFile: String) throws(OptionError) -> PEMPair {
    let certificatePlace = "--ssl-certfile \(certificateFile)"
    let keyPlace = "--ssl-keyfile \(keyFile)"
    return PEMPair(
      certificate: try contents(certificateFile, place: certificatePlace), key: try contents(keyFile, place: keyPlace),
      certificatePlace: certificatePlace, keyPlace: keyPlace)
  }

  /// - Throws: Why the file cannot be read, beginning with `place`.
  static func contents(_ path: String, place: String) throws(OptionError) -> [UInt8] {
    let data: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      data = try file.read(upToCount: maxFileBytes + 1) ?? Data()
    } catch {
      throw OptionError("\(place): the file cannot be read: \(ConfigurationFileFailure.reason(error))")
    }
    guard data.count <= maxFileBytes else {
      throw OptionError("\(place): the file is larger than \(maxFileBytes) bytes; it is no PEM file of a server")
    }
    return Array(data)
  }
}

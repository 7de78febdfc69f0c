import Foundation

/// An http or https address. Its credential, if it has one, is kept apart and is in no text.
public struct WebAddress: Sendable, Equatable, CustomStringConvertible {
  public let isSecure: Bool
  public let host: String
  public let port: Int
  /// Path and query as they are sent.
  public let target: String
  /// Value of the field `authorization` (RFC 7617), or nil.
  let credential: String?
  private let url: URL

  /// - Throws: if the text is no such address.
  public init(_ text: String) throws(ModelStoreError) {
    try self.init(URL(string: text), text: text)
  }

  private init(_ url: URL?, text: String) throws(ModelStoreError) {
    guard let parts = url.flatMap({ URLComponents(url: $0, resolvingAgainstBaseURL: true) }),
      let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https",
      let host = parts.host, !host.isEmpty, (1...65_535).contains(parts.port ?? 80)
    else { throw ModelStoreError(Self.withoutCredential(text), "is no http:// or https:// address") }
    isSecure = scheme == "https"
    self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    port = parts.port ?? (isSecure ? 443 : 80)
    let path = parts.percentEncodedPath
    target = (path.isEmpty ? "/" : path) + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    credential = parts.user.map {
      "Basic " + Data("\($0):\(parts.password ?? "")".utf8).base64EncodedString()
    }
    var plain = parts
    plain.user = nil
    plain.password = nil
    plain.fragment = nil
    guard let plainURL = plain.url else {
      throw ModelStoreError(Self.withoutCredential(text), "is no http:// or https:// address")
    }
    self.url = plainURL
  }

  private static func withoutCredential(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@"), let scheme = text.range(of: "://"), scheme.upperBound <= at else {
      return text
    }
    return String(text[..<scheme.upperBound] + text[text.index(after: at)...])
  }

  /// Without the credential.
  public var description: String { url.absoluteString }

  /// Host and port as the field `host` names them.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// Whether a credential for one is one for the other.
  func isSameOrigin(as other: WebAddress) -> Bool {
    isSecure == other.isSecure && host.lowercased() == other.host.lowercased() && port == other.port
  }

  /// The address that a link in a page of this one, or a redirect of it, means. The credential stays with its origin.
  public func resolving(_ link: String) throws(ModelStoreError) -> WebAddress {
    let resolved = try WebAddress(URL(string: link, relativeTo: url)?.absoluteURL, text: link)
    guard resolved.credential == nil, resolved.isSameOrigin(as: self) else { return resolved }
    return WebAddress(resolved, credential: credential)
  }

  private init(_ other: WebAddress, credential: String?) {
    isSecure = other.isSecure
    host = other.host
    port = other.port
    target = other.target
    url = other.url
    self.credential = credential
  }

  /// The address of a file in the folder that this one is, whether it ends in a slash or not.
  func appending(_ path: String) throws(ModelStoreError) -> WebAddress {
    var parts = URLComponents(url: url, resolvingAgainstBaseURL: true)
    let folder = parts?.percentEncodedPath ?? ""
    parts?.percentEncodedPath = folder + (folder.hasSuffix("/") ? "" : "/") + path
    return WebAddress(try WebAddress(parts?.url, text: description), credential: credential)
  }

  /// The last part of the path, such as a file's name.
  var fileName: String { url.lastPathComponent }

  /// Whether the path names a wheel or another zip.
  var isArchive: Bool { fileName.hasSuffix(".whl") || fileName.hasSuffix(".zip") }
}

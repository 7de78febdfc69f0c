import Foundation

/// A Python package index by the simple repository API, as JSON (PEP 691) or as HTML (PEP 503): which files a project
/// has.
enum PackageIndex {
  /// The one of PyPI.
  static let standard = "https://pypi.org/simple/"
  static let accept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

  /// A file of a project.
  struct Listing: Equatable {
    let address: WebAddress
    /// In hexadecimal; nil if the index does not tell.
    let sha256: String?
  }

  private struct Project: Decodable {
    struct File: Decodable {
      let filename: String
      let url: String
      let hashes: [String: String]?
    }
    let files: [File]
  }

  /// The file of that name on a project's page; nil if it is not there.
  static func listing(_ name: String, on page: Page) throws(ModelStoreError) -> Listing? {
    if page.type.contains("json") {
      let project: Project
      do {
        project = try JSONDecoder().decode(Project.self, from: Data(page.body))
      } catch {
        throw ModelStoreError("\(page.address)", "is no project of a package index: it lacks files with names and urls")
      }
      guard let file = project.files.first(where: { $0.filename == name }) else { return nil }
      return Listing(address: try page.address.resolving(file.url), sha256: file.hashes?["sha256"]?.lowercased())
    }
    return try htmlListing(name, String(decoding: page.body, as: UTF8.self), on: page.address)
  }

  /// The `href` of the anchor whose text is the file's name; its fragment may be a hash.
  private static func htmlListing(
    _ name: String, _ text: String, on address: WebAddress
  ) throws(ModelStoreError) -> Listing? {
    for anchor in text.components(separatedBy: "<a").dropFirst() {
      guard let open = anchor.firstIndex(of: ">") else { continue }
      let label = anchor[anchor.index(after: open)...].prefix { $0 != "<" }
      guard label.trimmingCharacters(in: .whitespacesAndNewlines) == name,
        let link = href(anchor[..<open])
      else { continue }
      let hash = link.range(of: "#sha256=").map { link[$0.upperBound...].prefix { $0.isHexDigit }.lowercased() }
      return Listing(address: try address.resolving(link), sha256: hash)
    }
    return nil
  }

  private static func href(_ attributes: Substring) -> String? {
    guard let start = attributes.range(of: "href=", options: .caseInsensitive)?.upperBound, start < attributes.endIndex
    else { return nil }
    let mark = attributes[start]
    let value =
      mark == "\"" || mark == "'"
      ? attributes[attributes.index(after: start)...].prefix { $0 != mark }
      : attributes[start...].prefix { !$0.isWhitespace }
    return value.replacingOccurrences(of: "&amp;", with: "&")
  }
}

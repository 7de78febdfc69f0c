import Foundation

/// A folder of packed models:
///
///     FOLDER/all-MiniLM-L6-v2.packed   the model, checked when opened
///     FOLDER/all-MiniLM-L6-v2/         origin.json: where it came from, and hashes; README.md …: its card and licence
///
/// A packed file appears whole, by a rename, or not at all. Safe from any thread and process.
public struct ModelStore: Sendable, Equatable {
  /// The model that is fetched when none is named, and that prompts are read with.
  public static let defaultModel = "all-MiniLM-L6-v2"
  /// Models that are looked at in one folder at most.
  public static let modelLimit = 1_000

  public let folder: String

  /// - Parameter folder: need not exist.
  public init(folder: String) {
    var trimmed = folder
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.folder = trimmed
  }

  /// The folder that `SWITCHYARD_MODELS` names, else `switchyard/models` in `XDG_CACHE_HOME`, if that is an absolute
  /// path as its specification wants, else in `~/.cache`; without a home in `/var/cache`.
  public static func standard(environment: [String: String]) -> ModelStore {
    if let folder = environment["SWITCHYARD_MODELS"], !folder.isEmpty { return ModelStore(folder: folder) }
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return ModelStore(folder: "\(ModelStore(folder: cache).folder)/switchyard/models")
    }
    if let home = environment["HOME"], !home.isEmpty {
      return ModelStore(folder: "\(ModelStore(folder: home).folder)/.cache/switchyard/models")
    }
    return ModelStore(folder: "/var/cache/switchyard/models")
  }

  /// Whether a model can have that name: 1 to 128 letters, digits, dots, dashes and underscores of ASCII, no dot first,
  /// and another end than `.packed`.
  public static func isName(_ name: String) -> Bool {
    (1...128).contains(name.utf8.count) && name.first != "." && !name.hasSuffix(ending)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  /// Where the packed file of a model lies if it was fetched.
  public func packedFile(of name: String) -> String { "\(folder)/\(name)\(Self.ending)" }

  private static let ending = ".packed"

  func modelFolder(of name: String) -> String { "\(folder)/\(name)" }

  func originFile(of name: String) -> String { "\(modelFolder(of: name))/origin.json" }

  /// The models that are there, damaged ones too, by name. Reads every packed file.
  public func installed() -> [InstalledModel] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(Self.ending) }.map { String($0.dropLast(Self.ending.count)) }.sorted()
      .filter { Self.isName($0) }.prefix(Self.modelLimit).compactMap { installed($0) }
  }

  /// The model of that name; nil if it is not there.
  public func installed(_ name: String) -> InstalledModel? {
    FileManager.default.fileExists(atPath: packedFile(of: name)) ? InstalledModel(name: name, in: self) : nil
  }
}

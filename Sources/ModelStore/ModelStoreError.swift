/// Why a model could not be fetched, kept or found: the place, what is wrong with it and the way out. Holds no
/// credential: addresses are told without theirs.
public struct ModelStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file, a folder, an address or a model's name.
  public var place: String
  public var problem: String

  public init(_ place: String, _ problem: String) {
    self.place = place
    self.problem = problem
  }

  public var description: String { "\(place): \(problem)" }
}

/// Why a model could not be loaded, packed or read: the file, the place in it and the way out.
public struct EncoderModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder.
  public var path: String
  /// What is wrong with it, and what to do about it.
  public var problem: String

  public init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  public var description: String { "\(path): \(problem)" }
}

/// A command line, environment or configuration file that cannot be used.
///
/// The message names the option, where its value came from, what is wrong with it and what would be right.
public struct OptionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) {
    self.message = message
  }

  public var description: String { message }
}

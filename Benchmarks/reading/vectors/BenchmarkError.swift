import Foundation

/// Why there are no figures.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  static func exitWithFailure() -> Never { exit(1) }
}

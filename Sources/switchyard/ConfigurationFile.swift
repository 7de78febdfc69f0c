import Foundation
import RouterConfig

/// Reads a configuration file for a subcommand.
enum ConfigurationFile {
  static func bytes(_ path: String) throws -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw CommandFailure("\(path): cannot be read: \(error.localizedDescription)")
    }
  }

  /// Loads a file and shows its warnings.
  ///
  /// - Throws: a failure that names every problem.
  static func load(_ path: String, strict: Bool = false, showsWarnings: Bool = true) throws -> LoadedConfiguration {
    let loader = ConfigurationLoader(environment: ProcessInfo.processInfo.environment, strict: strict)
    do {
      let loaded = try loader.load(try bytes(path), file: path)
      if showsWarnings { for warning in loaded.warnings { StandardError.write("\(warning)") } }
      return loaded
    } catch let problems as ConfigurationProblems {
      throw CommandFailure(problems.problems.map { "\($0)" }.joined(separator: "\n"))
    }
  }
}

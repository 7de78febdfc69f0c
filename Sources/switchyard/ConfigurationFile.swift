import ArgumentParser
import Foundation
import RouterConfig

/// Reads a configuration file for a subcommand.
enum ConfigurationFile {
  static func bytes(_ path: String) throws -> [UInt8] {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CommandFailure("\(path): there is no such file")
    }
    guard !isDirectory.boolValue else { throw CommandFailure("\(path): it is a folder, not a file") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandFailure("\(path): it cannot be read; check its permissions")
    }
    return Array(data)
  }

  /// Writes problems as they are, so that each line begins with its place, where editors look for it.
  ///
  /// - Returns: what to throw then.
  static func report(_ problems: [String]) -> ExitCode {
    for problem in problems { StandardError.write(problem) }
    return ExitCode(1)
  }

  /// Loads a file and shows its warnings.
  ///
  /// - Throws: when there are problems, after each was written to standard error.
  static func load(_ path: String, strict: Bool = false, showsWarnings: Bool = true) throws -> LoadedConfiguration {
    let loader = ConfigurationLoader(environment: ProcessInfo.processInfo.environment, strict: strict)
    do {
      let loaded = try loader.load(try bytes(path), file: path)
      if showsWarnings { for warning in loaded.warnings { StandardError.write("\(warning)") } }
      return loaded
    } catch let problems as ConfigurationProblems {
      throw report(problems.problems.map { "\($0)" })
    }
  }
}

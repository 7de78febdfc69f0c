import Foundation

/// The options of a fuzzer's command line, each a name and a value: `--seed 7`.
///
/// What is not among the options, has no value or one of the wrong type ends the process with the usage.
public struct FuzzArguments {
  /// What the command is called by.
  public let command: String
  private let options: [String]
  private let usageStatus: Int32
  private var values: [String: String] = [:]

  /// - Parameters:
  ///   - options: as the usage shows them, a name and what its value is: `--seed X`; alternatives with a bar between
  ///     them: `--steps N | --seconds N`.
  ///   - usageStatus: what the process exits with where the arguments cannot be read.
  ///   - arguments: the words behind the command's name.
  public init(command: String, options: [String], usageStatus: Int32, arguments: [String]) {
    self.command = command
    self.options = options
    self.usageStatus = usageStatus
    let names = Set(options.joined(separator: " ").split(separator: " ").filter { $0.hasPrefix("--") }.map(String.init))
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard names.contains(name), let value = rest.popFirst() else { exitWithUsage() }
      values[name] = value
    }
  }

  /// The value of an option; of one that is given several times, the last one. Nil where it is not given.
  public func value<Value: LosslessStringConvertible>(_ name: String) -> Value? {
    guard let text = values[name] else { return nil }
    guard let value = Value(text) else { exitWithUsage() }
    return value
  }

  private func exitWithUsage() -> Never {
    let usage = "usage: \(command) " + options.map { "[\($0)]" }.joined(separator: " ")
    FileHandle.standardError.write(Data((usage + "\n").utf8))
    exit(usageStatus)
  }
}

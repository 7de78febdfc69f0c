import ArgumentParser
import Foundation

/// The command: subcommands and their wiring, nothing else.
@main
struct Switchyard: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "switchyard",
    abstract: "Routes LLM requests: reads the prompt, decides which model answers, picks the replica.",
    discussion: """
      Examples:
        switchyard serve -c deploy/samples/aibrix.yaml
        switchyard serve --engine http://localhost:8000
        switchyard explain -c deploy/samples/aibrix.yaml 'What is the derivative of f(x) = x^3?'
        switchyard config check my-config.yaml
        switchyard engine-sim --model vllm-llama3-8b-instruct --port 8000
        switchyard replay --trace access.log --policy least-ttft --replicas 6
        switchyard models fetch
      """,
    version: "0.1.0",
    subcommands: [Serve.self, Explain.self, Config.self, EngineSim.self, Replay.self, Models.self])

  /// A word that is nearly a subcommand gets its name as an answer, not a list of unexpected arguments.
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    if let first = arguments.first, !first.hasPrefix("-"), !names.contains(first) {
      let nearest = names.min { distance($0, first) < distance($1, first) }
      let hint = nearest.flatMap { distance($0, first) <= 3 ? "; did you mean \($0)?" : nil } ?? ""
      StandardError.write(
        "switchyard: there is no subcommand \(first)\(hint.isEmpty ? "." : hint) There are: \(names.joined(separator: ", "))."
      )
      Foundation.exit(64)
    }
    await main(nil)
  }

  /// Letters to change, add or drop (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}

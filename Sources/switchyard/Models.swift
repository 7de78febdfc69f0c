import ArgumentParser
import Foundation
import ModelStore
import TextEncoder

/// `switchyard models`: the text encoders of this machine.
struct Models: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Fetch, list, check or time the models that prompts are read with.",
    discussion: """
      They lie in the folder that SWITCHYARD_MODELS names, else in switchyard/models of XDG_CACHE_HOME or ~/.cache.
      Without any the linear reader, which is part of the program, serves.

      Examples:
        switchyard models fetch
        switchyard models list
        switchyard models verify
        switchyard models bench
      """,
    subcommands: [ModelsFetch.self, List.self, Verify.self, ModelsBench.self])

  /// The models of this machine.
  static var store: ModelStore { .standard(environment: ProcessInfo.processInfo.environment) }

  static func nothingThere(_ store: ModelStore) -> String {
    "no model in \(store.folder): the linear reader serves; switchyard models fetch brings \(ModelStore.defaultModel)"
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the models that are there.", discussion: "Example:\n  switchyard models list")

    func run() async throws {
      let models = Models.store.installed()
      guard !models.isEmpty else { return print(Models.nothingThere(Models.store)) }
      var rows = [["name", "tokens", "width", "size", "state", "where"]]
      for model in models {
        switch model.content {
        case .success(let shape):
          let state = model.name == ModelStore.defaultModel ? "used" : "good"
          rows.append([
            model.name, "\(shape.longestInput)", "\(shape.width)", ModelText.megabytes(model.size), state, model.path,
          ])
        case .failure:
          rows.append([model.name, "-", "-", ModelText.megabytes(model.size), "damaged", model.path])
        }
      }
      print(ModelText.table(rows))
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare models with their checksums; exit code 1 if one is damaged or, when named, not there.",
      discussion: """
        Examples:
          switchyard models verify
          switchyard models verify all-MiniLM-L6-v2
        """)

    @Argument(help: "The models; all that are there if none is named.") var names: [String] = []

    func run() async throws {
      let store = Models.store
      let models = names.isEmpty ? store.installed() : try names.map { try ModelText.installed($0, in: store) }
      if models.isEmpty { print(Models.nothingThere(store)) }
      var isGood = true
      for model in models {
        if let damage = model.damage() {
          isGood = false
          StandardError.write("\(model.name): \(damage); switchyard models fetch --again puts a good one in its place")
        } else {
          print("\(model.name): good, \(model.origin.map(Self.text) ?? "of unknown origin")")
        }
      }
      guard isGood else { throw ExitCode(1) }
    }

    private static func text(_ origin: ModelOrigin) -> String {
      "from \(origin.source), \(origin.isPinned ? "weights as published" : "compared with no published hashes")"
    }
  }
}

/// What the subcommands print alike.
enum ModelText {
  static func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }

  /// Columns as wide as their widest cell, but for the last.
  static func table(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        column == row.count - 1
          ? row[column] : row[column].padding(toLength: widths[column], withPad: " ", startingAt: 0)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The model of that name.
  static func installed(_ name: String, in store: ModelStore) throws -> InstalledModel {
    guard ModelStore.isName(name), let model = store.installed(name) else {
      let names = store.installed().map(\.name).joined(separator: ", ")
      throw CommandFailure(
        "\(name): is not in \(store.folder), where there \(names.isEmpty ? "is no model" : "are: \(names)")")
    }
    return model
  }
}

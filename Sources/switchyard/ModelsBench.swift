import ArgumentParser
import Foundation
import ModelStore
import TextEncoder

/// `switchyard models bench`: what reading a text with a model costs on this machine.
struct ModelsBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time a model on one core, by the length of the text.",
    discussion: """
      Times are CPU time of one thread, so that other work on the machine counts less.

      Examples:
        switchyard models bench
        switchyard models bench my-model --rounds 101
        switchyard models bench --instructions avx2
      """)

  @Argument(help: "The model.") var name = ModelStore.defaultModel
  @Option(help: "Texts of each length.") var rounds = 21
  @Option(help: "Instructions: amx, avx512-vnni, avx2, neon or portable; the fastest that there are when left out.")
  var instructions: String?

  func validate() throws {
    guard (1...10_000).contains(rounds) else { throw ValidationError("--rounds is 1 to 10000, not \(rounds).") }
    if let instructions, InstructionSet(rawValue: instructions)?.isAvailable != true {
      let available = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--instructions: this machine has \(available), not \(instructions).")
    }
  }

  func run() async throws {
    let model = try ModelText.installed(name, in: Models.store)
    let encoder = try TransformerEncoder(
      PackedModel(path: model.path), instructions: instructions.flatMap { InstructionSet(rawValue: $0) } ?? .best)
    let workspace = encoder.makeWorkspace()
    print("\(name), \(encoder.instructions.rawValue), one thread, \(rounds) texts of each length")
    var rows = [["tokens", "ms, median", "lowest", "tokens/s"]]
    for length in [16, 32, 64, 128, 256] where length <= encoder.configuration.longestInput {
      let ids = Self.ids(length, encoder)
      var times: [Double] = []
      // The first rounds bring the model's pages into memory.
      for round in 0..<rounds + 3 {
        let start = Self.threadTime()
        encoder.run(ids, workspace)
        _ = encoder.pooled(rows: length, workspace)
        if round >= 3 { times.append(Double(Self.threadTime() - start) / 1e6) }
      }
      times.sort()
      let median = times[times.count / 2]
      rows.append([
        "\(length)", String(format: "%.2f", median), String(format: "%.2f", times[0]),
        "\(Int(Double(length) / max(median, 1e-6) * 1000))",
      ])
    }
    print(ModelText.table(rows))
  }

  /// CPU time of this thread in nanoseconds.
  private static func threadTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Tokens spread over the vocabulary between those that begin and end a text, the same in every run.
  private static func ids(_ length: Int, _ encoder: TransformerEncoder) -> [UInt32] {
    let (prefix, suffix) = (encoder.tokenizer.prefix, encoder.tokenizer.suffix)
    let vocabulary = encoder.configuration.vocabularySize
    let middle = (0..<max(0, length - prefix.count - suffix.count)).map { UInt32((1_009 + $0 * 7_919) % vocabulary) }
    return prefix + middle + suffix
  }
}

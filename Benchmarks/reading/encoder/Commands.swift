import Foundation
import TextEncoder

/// The subcommands.
enum Commands {
  static func exitWithFailure() -> Never { exit(1) }

  private static func model(_ path: String?, _ instructions: String? = nil) throws -> TransformerEncoder {
    guard let path else { throw EncoderModelError("bench-encoder", "name a packed model") }
    guard let set = instructions.map({ InstructionSet(rawValue: $0) }) ?? .best else {
      throw EncoderModelError("bench-encoder", "instruction sets: \(InstructionSet.allCases.map(\.rawValue))")
    }
    return try TransformerEncoder(PackedModel(path: path), instructions: set)
  }

  private static func option(_ name: String, _ arguments: [String]) -> String? {
    guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return nil }
    return arguments[place + 1]
  }

  static func pack(_ arguments: [String]) throws {
    guard arguments.count == 2 else { throw EncoderModelError("bench-encoder", "pack FOLDER MODEL") }
    let start = ContinuousClock.now
    try PackedModel.pack(folder: arguments[0], to: arguments[1])
    print("packed in \(ContinuousClock.now - start)")
    let loading = ContinuousClock.now
    _ = try model(arguments[1])
    print("figure encoder_load_ms \(rounded(milliseconds(ContinuousClock.now - loading))) ms")
  }

  /// CPU time of this thread, in nanoseconds: waiting for a busy machine does not count.
  static func threadTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func milliseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15
  }

  static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  static func time(_ arguments: [String]) throws {
    let encoder = try model(arguments.first, option("--set", arguments))
    let rounds = option("--rounds", arguments).flatMap { Int($0) } ?? 51
    let workspace = encoder.makeWorkspace()
    print("instructions \(encoder.instructions.rawValue), workspace \(workspace.size) bytes")
    let suffix = option("--set", arguments).map { "_\($0)" } ?? ""
    for length in [16, 32, 64, 128, 256, 512] {
      let windows = windows(length, encoder)
      var times: [Double] = []
      for round in 0..<rounds + 3 {
        let start = threadTime()
        for ids in windows {
          encoder.run(ids, workspace)
          _ = encoder.pooled(rows: ids.count, workspace)
        }
        if round >= 3 { times.append(Double(threadTime() - start) / 1e6) }
      }
      times.sort()
      if windows.count > 1 { print("\(length) tokens are read in \(windows.count) windows") }
      print("figure encoder_ms_\(length)\(suffix) \(rounded(times[times.count / 2])) ms")
      print("figure encoder_lowest_ms_\(length)\(suffix) \(rounded(times[0])) ms")
    }
  }

  static func read(_ arguments: [String]) throws {
    let rounds = option("--rounds", arguments).flatMap { Int($0) } ?? 201
    try PromptMeasurement.run(model(arguments.first, option("--set", arguments)), rounds: max(rounds, 1))
  }

  /// The inputs that a text of so many tokens, special ones included, is read as.
  private static func windows(_ length: Int, _ encoder: TransformerEncoder) -> [[UInt32]] {
    let options = EncodingOptions()
    let window = min(options.window, encoder.configuration.longestInput)
    guard length > window else { return [ids(length, encoder)] }
    return WindowPlan(
      tokens: length - 2, window: window - 2, stride: window - 2 - options.overlap, budget: options.windowBudget
    ).windows.map { ids($0.count + 2, encoder) }
  }

  private static func ids(_ length: Int, _ encoder: TransformerEncoder) -> [UInt32] {
    var state: UInt64 = 0x5EED
    let middle = (0..<length - 2).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt32(1000 + Int(state >> 33) % min(20_000, encoder.configuration.vocabularySize - 1000))
    }
    return Array((encoder.tokenizer.prefix + middle + encoder.tokenizer.suffix).prefix(length))
  }

  static func tokenize(_ arguments: [String]) throws {
    let encoder = try model(arguments.first)
    guard arguments.count >= 2, let data = FileManager.default.contents(atPath: arguments[1]) else {
      throw EncoderModelError("bench-encoder", "tokenize MODEL TEXTS")
    }
    let texts = data.split(separator: UInt8(ascii: "\n")).map { [UInt8]($0) }
    let bytes = texts.reduce(0) { $0 + $1.count }
    var best = Double.infinity
    var tokens = 0
    for _ in 0..<9 {
      tokens = 0
      let start = threadTime()
      for text in texts { tokens += text.withUnsafeBytes { encoder.tokenizer.tokenize($0).count } }
      best = min(best, Double(threadTime() - start) / 1e9)
    }
    print("\(texts.count) texts, \(bytes) bytes, \(tokens) tokens")
    print("figure tokenizer_mb_per_s \(rounded(Double(bytes) / best / 1e6)) MB/s")
  }

  /// A row for each line of a file: the vector of the text as prompts are read, and the mean vector of layer 4.
  static func embed(_ arguments: [String]) throws {
    let encoder = try model(arguments.first)
    guard arguments.count == 3, let data = FileManager.default.contents(atPath: arguments[1]) else {
      throw EncoderModelError("bench-encoder", "embed MODEL TEXTS VECTORS")
    }
    let options = EncodingOptions(capturedLayer: 4)
    let workspace = encoder.makeWorkspace(capacity: options.window)
    let width = encoder.configuration.width
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var vectors = Data()
    for (index, line) in lines.enumerated() {
      guard index + 1 < lines.count || !line.isEmpty else { break }
      let text = [UInt8](line).withUnsafeBytes { encoder.encode($0, options, workspace) }
      guard let text else { throw EncoderModelError("bench-encoder", "line \(index + 1) cannot be read") }
      var mean = [Float](repeating: 0, count: width)
      let rows = max(text.captured.count / width, 1)
      for (place, value) in text.captured.enumerated() { mean[place % width] += value / Float(rows) }
      for row in [text.embedding, mean] { row.withUnsafeBytes { vectors.append(contentsOf: $0) } }
      if index % 1000 == 0 { print("\(index) of \(lines.count)") }
    }
    try vectors.write(to: URL(fileURLWithPath: arguments[2]))
  }

  /// Requests, a line each: `ids N…` answers with the vector and the microseconds of CPU time; `capture L N…` with all
  /// vectors of a layer; `head N…` with the head's probabilities; `text HEX` answers with the text's tokens as
  /// `id:start:end`.
  static func serve(_ arguments: [String]) throws {
    let set = option("--set", arguments)
    let encoder = try model(arguments.first, set)
    let workspace = encoder.makeWorkspace()
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard let verb = words.first else { continue }
      switch verb {
      case "ids", "head", "capture":
        let layer = verb == "capture" ? Int(words[1]) : nil
        let ids = words.dropFirst(verb == "capture" ? 2 : 1).compactMap { UInt32($0) }
        let start = threadTime()
        encoder.run(ids, capturing: layer, workspace)
        var values = encoder.pooled(rows: ids.count, workspace)
        let taken = (threadTime() - start) / 1000
        if verb == "head" { values = encoder.probabilities(rows: ids.count, workspace).flatMap { $0 } }
        if let layer {
          values = encoder.vectors(0..<ids.count, layer == encoder.configuration.layers ? .last : .captured, workspace)
        }
        print(taken, values.map { "\($0)" }.joined(separator: " "))
      case "text":
        let digits = words.count > 1 ? Array(words[1]) : []
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
          UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        let tokens = bytes.withUnsafeBytes { encoder.tokenizer.tokenize($0) }
        print(
          tokens.ids.indices.map { "\(tokens.ids[$0]):\(tokens.starts[$0]):\(tokens.ends[$0])" }.joined(separator: " "))
      default: throw EncoderModelError("serve", "unknown request \(verb)")
      }
      fflush(nil)
    }
  }
}

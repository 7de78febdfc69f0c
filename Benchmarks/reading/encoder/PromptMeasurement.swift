import ChatProtocols
import Reading
import RouterConfig
import Signals
import TextEncoder

/// What reading a prompt of 30 words costs from the bytes of its request to its domain: the body's scan, the tokens, the
/// encoder, the linear model and its head; and the same prompt again, from the cache. CPU time of one thread.
enum PromptMeasurement {
  private static let words = """
    derive explain compare the structure of a market under gradient integral neuron court contract enzyme force circuit \
    theory history of trade and why does it matter for students who compute average velocity in physics class today
    """.split(separator: " ")

  static func run(_ encoder: TransformerEncoder, rounds: Int) throws {
    let layer = BundledPersonalDataReader.capturedLayer
    let models = ReadingModels(
      domain: try DomainReader(LinearDomainClassifier.bundled(), head: DomainHead.bundled(), capturedLayer: layer))
    let rules = DomainLabel.allCases.map { DomainRule(name: $0.rawValue, labels: [$0]) }
    let reader = try PromptReader(signals: SignalDeclarations(domains: rules), models: models)
    let options = EncodingOptions(capturedLayer: layer)
    let workspace = encoder.makeWorkspace(capacity: min(options.window, encoder.configuration.longestInput))
    let cache = ReadingCache()
    var first: [Double] = []
    var again: [Double] = []
    var state: UInt64 = 0x5EED
    for round in 0..<rounds + 3 {
      let text = (0..<30).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return words[Int(state >> 33) % words.count]
      }.joined(separator: " ")
      let body = Array(#"{"model":"MoM","messages":[{"role":"user","content":"\#(text)"}]}"#.utf8)
      func prompt() throws -> PromptFacts {
        let facts = try RequestFacts.scan(body: body, endpoint: .chatCompletions)
        return body.withUnsafeBytes { facts.promptFacts(body: $0, withHistory: false) }
      }
      var start = Commands.threadTime()
      let facts = try prompt()
      var readings = SignalReadings()
      if let read = facts.evaluationText.withUnsafeBytes({ encoder.encode($0, options, workspace) }) {
        readings[.domain] = reader.read(.domain, of: facts, encoding: .read(read)) { 0 }
      }
      let taken = Commands.threadTime() - start
      cache.record(readings, generation: 1, text: facts.evaluationText)
      start = Commands.threadTime()
      let known = cache.readings(generation: 1, text: try prompt().evaluationText)
      let takenAgain = Commands.threadTime() - start
      guard known?[.domain] != nil else { throw EncoderModelError("bench-encoder", "a prompt was not kept") }
      if round >= 3 {
        first.append(Double(taken) / 1e6)
        again.append(Double(takenAgain) / 1e3)
      }
    }
    print("figure read_30_words_ms \(Commands.rounded(first.sorted()[rounds / 2])) ms")
    print("figure read_30_words_lowest_ms \(Commands.rounded(first.min() ?? 0)) ms")
    print("figure read_again_us \(Commands.rounded(again.sorted()[rounds / 2])) µs")
  }
}

import Testing

@testable import RouterConfig

@Suite("Mutated documents") struct MutationTests {
  /// SplitMix64: a small generator whose seed makes a failure repeatable.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let words = [
    "", "~", "true", "math", "OR", "NOT", "domain", "keyword", "-1", "0", "1e400", "99999999999999999999", "${X", "$X",
    "name", "system_prompt", "response_cache", "[::1]:", "http://", "4K", "-", "a.b[0]", "\u{0}", "none", "p95", "0",
    "1us", "1.5G", "*", "https://a", "é", "\n",
  ]

  /// One random change somewhere in a tree.
  private func mutate(_ node: DocumentNode, with generator: inout Generator, depth: Int = 0) -> DocumentNode {
    var node = node
    let descends = Int.random(in: 0..<8, using: &generator) > 0
    switch node.content {
    case .mapping(var entries) where !entries.isEmpty && descends:
      let index = Int.random(in: entries.indices, using: &generator)
      entries[index].value = mutate(entries[index].value, with: &generator, depth: depth + 1)
      node.content = .mapping(entries)
      return node
    case .sequence(var elements) where !elements.isEmpty && descends:
      let index = Int.random(in: elements.indices, using: &generator)
      elements[index] = mutate(elements[index], with: &generator, depth: depth + 1)
      node.content = .sequence(elements)
      return node
    default: break
    }
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: node.content = .null
    case 1: node.content = .sequence([node, node])
    case 2: node.content = .mapping([.init(key: "name", keyLocation: node.location, value: node)])
    case 3: node.content = .mapping([])
    case 4: node.content = .sequence([])
    case 5:
      if case .mapping(var entries) = node.content, !entries.isEmpty {
        let index = Int.random(in: entries.indices, using: &generator)
        let word = Self.words.randomElement(using: &generator) ?? ""
        // No reader gives a mapping that has a key twice.
        if !entries.contains(where: { $0.key == word }) { entries[index].key = word }
        entries.swapAt(index, 0)
        node.content = .mapping(entries)
      } else {
        fallthrough
      }
    default:
      let word = Self.words.randomElement(using: &generator) ?? ""
      node.content = .scalar(.init(text: word, isPlain: Bool.random(using: &generator)))
    }
    return node
  }

  private func expectSaneOutcome(
    _ seed: UInt64, _ load: () throws(ConfigurationProblems) -> LoadedConfiguration
  ) {
    do {
      var document = try load().document
      let written = ConfigurationWriter.write(document)
      let again = try ConfigurationLoader(environment: ["X": "1"], files: .none).load(
        Array(written.utf8), file: "written.yaml")
      document.documentHash = again.document.documentHash
      #expect(again.document == document, "seed \(seed)\n\(written)")
    } catch {
      #expect(error.problems.contains { $0.severity == .error }, "seed \(seed)")
      #expect(error.problems.allSatisfy { $0.file == "c.yaml" }, "seed \(seed)\n\(error)")
      #expect(error.problems.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.reason.isEmpty }, "seed \(seed)")
    }
  }

  @Test("the loader never crashes on a mutated tree", arguments: ["aibrix", "legacy", "gateway"])
  func trees(_ name: String) throws {
    let seed = UInt64.random(in: .min ... .max)
    print("mutation seed (\(name)): \(seed)")
    var generator = Generator(state: seed)
    let text = name == "gateway" ? gatewayDocument : try Samples.text("deploy/samples/\(name).yaml")
    let tree = try YAMLReader.read(Array(text.utf8), file: "c.yaml")
    for _ in 0..<150 {
      var mutated = tree
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutated = mutate(mutated, with: &generator) }
      expectSaneOutcome(seed) { () throws(ConfigurationProblems) in
        try ConfigurationLoader(environment: ["X": "1"], files: .none).load(mutated, hash: "", file: "c.yaml")
      }
    }
  }

  @Test("printing a mutated tree and reading it again gives the same tree, apart from places")
  func printing() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("printing seed: \(seed)")
    var generator = Generator(state: seed)
    let tree = try YAMLReader.read(Array(try Samples.text("deploy/samples/values.yaml").utf8), file: "c.yaml")
    for _ in 0..<60 {
      var mutated = tree
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutated = mutate(mutated, with: &generator) }
      let text = YAMLText.print(mutated)
      let again = try YAMLReader.read(Array(text.utf8), file: "c.yaml")
      #expect(Self.bare(again) == Self.bare(mutated), "seed \(seed)\n\(text)")
    }
  }

  /// A tree's values alone: quoting and places do not count; plain empty and null words are null.
  private static func bare(_ node: DocumentNode) -> String {
    switch node.content {
    case .null: "null"
    case .scalar(let scalar): scalar.isPlain && ["", "~", "null"].contains(scalar.text) ? "null" : "<\(scalar.text)>"
    case .sequence(let elements): "[\(elements.map(bare).joined(separator: ","))]"
    case .mapping(let entries): "{\(entries.map { "\($0.key)=\(bare($0.value))" }.joined(separator: ","))}"
    }
  }

  @Test("the loader never crashes on mutated text")
  func texts() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("text mutation seed: \(seed)")
    var generator = Generator(state: seed)
    let original = Array(try Samples.text("deploy/samples/values.yaml").utf8)
    let inserts: [UInt8] = Array("[]{}:-#&*!|>'\"%@`$ \n\t,?".utf8) + [0x00, 0x7f, 0xc3, 0xff]
    for _ in 0..<100 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes.remove(at: index)
        case 1: bytes.insert(inserts.randomElement(using: &generator) ?? 0, at: index)
        default: bytes[index] = inserts.randomElement(using: &generator) ?? 0
        }
      }
      expectSaneOutcome(seed) { () throws(ConfigurationProblems) in
        try ConfigurationLoader(environment: [:], files: .none).load(bytes, file: "c.yaml")
      }
    }
  }
}

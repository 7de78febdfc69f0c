import Testing

@testable import Reading

/// One read of the bundled model for all tests of this file: its checksum takes a moment in debug.
private let bundled = Result { try LinearDomainClassifier.bundled() }

@Suite("The linear domain classifier")
struct DomainClassifierTests {
  private let classifier: LinearDomainClassifier

  init() throws { classifier = try bundled.get() }

  private func classify(_ text: [UInt8]) throws -> TextClassification {
    try classifier.classify(text, .absent).get()
  }

  private func best(_ text: String) throws -> (label: String, probability: Float) {
    let result = try classify(Array(text.utf8))
    return (classifier.labels[result.best], result.probabilities[result.best])
  }

  @Test("the guide's prompt is math, well over the usual threshold")
  func guide() throws {
    let (label, probability) = try best("What is the derivative of f(x) = x^3?")
    #expect(label == "math")
    #expect(probability > 0.9)
  }

  @Test(
    "plain prompts land in their domains",
    arguments: [
      ("write a python function that parses a csv file", "computer science"),
      ("can my landlord evict me without going to court", "law"),
      ("why did the Roman Republic become an empire?", "history"),
      ("what is the pH of a buffer of acetic acid and sodium acetate", "chemistry"),
      ("how do central banks fight inflation", "economics"),
      ("what are the symptoms of low blood pressure", "health"),
      ("is utilitarianism compatible with moral rights", "philosophy"),
      ("hello, how are you?", "other"),
      ("recipe for chicken soup", "other"),
    ])
  func plain(prompt: String, domain: String) throws {
    #expect(try best(prompt).label == domain)
  }

  @Test("it gives the trainer's probabilities, within a thousandth, for texts of every kind")
  func vectors() throws {
    let vectors = domainVectors.split(separator: "\n").map(DomainVector.init)
    #expect(vectors.count >= 50)
    for vector in vectors {
      let probabilities = try classify(vector.text).probabilities
      #expect(probabilities.count == vector.probabilities.count)
      let difference = zip(probabilities, vector.probabilities).map { abs($0 - $1) }.max() ?? 1
      #expect(difference < 1e-3, "\(vector.line.prefix(400))")
    }
  }

  @Test("labels are the fourteen domains and the model has a name for traces")
  func labels() {
    #expect(
      classifier.labels == [
        "biology", "business", "chemistry", "computer science", "economics", "engineering", "health", "history", "law",
        "math", "other", "philosophy", "physics", "psychology",
      ])
    #expect(classifier.name == "domain-linear-1")
  }

  @Test("probabilities add up to one, also for an empty text and for one without a word")
  func sums() throws {
    for text in ["", " \n", "?!", "solve 2x = 4", "为什么"] {
      let sum = try classify(Array(text.utf8)).probabilities.reduce(0, +)
      #expect(abs(sum - 1) < 1e-5)
    }
  }

  @Test("letter case and curly apostrophes do not matter")
  func caseAndApostrophes() throws {
    let plain = try classify(Array("what's the élan of a moving body?".utf8))
    #expect(try classify(Array("WHAT’S THE ÉLAN OF A MOVING BODY?".utf8)) == plain)
  }

  @Test("of a long text the middle is not read")
  func longTexts() throws {
    let head = [UInt8](repeating: UInt8(ascii: "a"), count: 2040) + Array(" theorem".utf8)
    let tail = Array("integral ".utf8) + [UInt8](repeating: UInt8(ascii: "b"), count: 2039)
    let one = head + Array(" landlord evicts tenant ".utf8) + tail
    let other = head + [UInt8](repeating: UInt8(ascii: "z"), count: 100_000) + tail
    #expect(classifier.longestRead == 4096)
    #expect(try classify(one) == classify(other))
  }

  @Test("a text repeated is read like the text")
  func repetition() throws {
    let once = try classify(Array("supply and demand, supply and demand,".utf8))
    let often = try classify(Array(String(repeating: "supply and demand, ", count: 50).utf8))
    #expect(once.best == often.best)
    #expect(zip(once.probabilities, often.probabilities).allSatisfy { abs($0 - $1) < 0.02 })
  }

  @Test("random bytes are classified without a trap")
  func randomBytes() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    for _ in 0..<200 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var text: [UInt8] = []
      for _ in 0..<Int(state >> 57) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Mostly bytes with a meaning of their own: the leads of Latin-1 and punctuation, quotes, digits.
        let special: [UInt8] = [0xC3, 0xE2, 0x80, 0x99, 0x27, 0x31, 0x20, 0x5F]
        text.append(state >> 63 == 0 ? special[Int(state >> 60) & 7] : UInt8(truncatingIfNeeded: state >> 40))
      }
      let sum = try classify(text).probabilities.reduce(0, +)
      #expect(abs(sum - 1) < 1e-5, "seed \(seed)")
    }
  }
}

/// A line of `DomainVectors.swift`.
struct DomainVector {
  var line: Substring
  var probabilities: [Float]
  var text: [UInt8] = []

  init(_ line: Substring) {
    self.line = line
    let parts = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
    probabilities = parts[0].split(separator: ",").compactMap { Float($0) }
    let escaped = Array(parts[1].utf8)
    var index = 0
    while index < escaped.count {
      if escaped[index] == UInt8(ascii: "\\"), index + 3 < escaped.count {
        let digits = String(decoding: escaped[(index + 2)...(index + 3)], as: UTF8.self)
        text.append(UInt8(digits, radix: 16) ?? 0)
        index += 4
      } else {
        text.append(escaped[index])
        index += 1
      }
    }
  }
}

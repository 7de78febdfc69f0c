// bench-domain: the cost of reading one prompt with the linear domain model, as a line `figure linear_domain_us V us`.
//
// Prompts of 30 words are made by a seeded generator, half of known words and half of random letters, each classified
// once: no cache has seen a prompt. Every measurement times one call; the figure is the median over all of them.

import Reading

struct PromptGenerator {
  private static let vocabulary = """
    what how why does explain the a of in and to for with between difference work example simple derivative function
    matrix inflation market contract tenant court enzyme cell protein electron orbit gravity energy voltage circuit beam
    bridge empire revolution treaty patient symptom therapy memory behavior anxiety justice virtue knowledge python
    database query algorithm customer revenue strategy reaction molecule solution recipe holiday travel football please
    write summarize compare considerable consequences understanding responsibility organization government international
    """.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }

  private var state: UInt64 = 0x5EED

  private mutating func random(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  mutating func prompts(_ count: Int, words: Int) -> [[UInt8]] {
    (0..<count).map { _ in prompt(words: words) }
  }

  private mutating func prompt(words: Int) -> [UInt8] {
    var text: [UInt8] = []
    for index in 0..<words {
      if index > 0 { text.append(UInt8(ascii: " ")) }
      // Every second word is new, so that rows come from all over the model and not from a warm handful.
      if random(below: 2) == 0 {
        text += Self.vocabulary[random(below: Self.vocabulary.count)]
      } else {
        for _ in 0..<(3 + random(below: 7)) { text.append(UInt8(ascii: "a") + UInt8(random(below: 26))) }
      }
    }
    return text + Array("?".utf8)
  }
}

func nanoseconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
}

func measure(_ texts: [[UInt8]], with classifier: LinearDomainClassifier) -> (median: Double, highest: Double) {
  let clock = ContinuousClock()
  var best = 0
  var times: [Double] = []
  times.reserveCapacity(texts.count)
  for text in texts {
    let start = clock.now
    let result = text.withUnsafeBytes { classifier.classify($0) }
    times.append(nanoseconds(clock.now - start) / 1000)
    best &+= result.best
  }
  precondition(best >= 0)
  times.sort()
  return (times[times.count / 2], times[times.count * 99 / 100])
}

func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

let classifier = try LinearDomainClassifier.bundled()
var generator = PromptGenerator()
_ = measure(generator.prompts(2000, words: 30), with: classifier)
let texts = generator.prompts(20_000, words: 30)
let usual = measure(texts, with: classifier)
let long = measure(generator.prompts(500, words: 4000), with: classifier)
print("bytes a prompt: \(texts.map(\.count).reduce(0, +) / texts.count)")
print("figure linear_domain_us \(rounded(usual.median)) us")
print("figure linear_domain_p99_us \(rounded(usual.highest)) us")
print("figure linear_domain_longest_text_us \(rounded(long.median)) us")

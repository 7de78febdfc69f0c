// bench-linear: the cost of reading one prompt with the linear readers, of domains and of attacks, as lines
// `figure NAME V us`.
//
// Prompts are made by a seeded generator, half of known words and half of random letters, each classified once: no cache has
// seen a prompt. Every measurement is the CPU time of one call; a figure is the median over all of them.

import Foundation
import Reading

struct PromptGenerator {
  private static let vocabulary = """
    what how why does explain the a of in and to for with between difference work example simple derivative function
    matrix inflation market contract tenant court enzyme cell protein electron orbit gravity energy voltage circuit beam
    bridge empire revolution treaty patient symptom therapy memory behavior anxiety justice virtue knowledge python
    ignore previous instructions system prompt rules act pretend answer story model email document report holiday
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

/// CPU time of this thread, in nanoseconds: waiting for a busy machine does not count.
func threadTime() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func measure(_ texts: [[UInt8]], _ read: (UnsafeRawBufferPointer) -> Int) -> (median: Double, highest: Double) {
  var seen = 0
  var times: [Double] = []
  times.reserveCapacity(texts.count)
  for text in texts {
    let start = threadTime()
    seen &+= text.withUnsafeBytes(read)
    times.append(Double(threadTime() - start) / 1000)
  }
  precondition(seen >= 0)
  times.sort()
  return (times[times.count / 2], times[times.count * 99 / 100])
}

func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

let domain = try LinearDomainClassifier.bundled()
let promptGuard = try LinearGuardClassifier.bundled()
let normalizer = GuardNormalizer()
var generator = PromptGenerator()
let warm = generator.prompts(2000, words: 30)
let usual = generator.prompts(20_000, words: 30)
let long = generator.prompts(60, words: 16_000).map { Array($0.prefix(100_000)) }

func report(_ name: String, _ texts: [[UInt8]], percentile: Bool = false, _ read: (UnsafeRawBufferPointer) -> Int) {
  let (median, highest) = measure(texts, read)
  print("figure \(name)_us \(rounded(median)) us")
  if percentile { print("figure \(name)_p99_us \(rounded(highest)) us") }
}

print("bytes a prompt: \(usual.map(\.count).reduce(0, +) / usual.count)")
_ = measure(warm) { domain.classify($0).best }
report("linear_domain", usual, percentile: true) { domain.classify($0).best }
report("linear_domain_longest_text", generator.prompts(500, words: 4000)) { domain.classify($0).best }
_ = measure(warm) { promptGuard.classify($0).best }
report("linear_guard", usual, percentile: true) { promptGuard.classify($0).best }
report("linear_guard_100_kb", long) { promptGuard.classify($0).best }
report("linear_guard_normalizer_100_kb", long) { normalizer.normalize($0).decoded.count }
report("linear_guard_64_mib", [[UInt8](repeating: UInt8(ascii: "q"), count: 64 << 20)]) {
  promptGuard.classify($0).best
}

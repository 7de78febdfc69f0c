// How fast a chat body is scanned: one pass that checks every byte and yields the request's facts, against Foundation's
// JSONSerialization doing the same extraction. Thread CPU time, the best of several rounds.
//
//   swift run -c release bench-json

import ChatProtocols
import Foundation
import JSONText

/// Nanoseconds of CPU time of this thread, for one call: the best of `rounds` rounds of about 20 ms.
func nanosecondsPerCall(rounds: Int = 15, _ call: () -> Void) -> Double {
  func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
  call()
  var calls = 1
  while true {
    let start = threadTime()
    for _ in 0..<calls { call() }
    if threadTime() - start > 5e6 { break }
    calls *= 2
  }
  calls *= 4
  var best = Double.infinity
  for _ in 0..<rounds {
    let start = threadTime()
    for _ in 0..<calls { call() }
    best = min(best, (threadTime() - start) / Double(calls))
  }
  return best
}

/// A conversation of at least `length` bytes: user and assistant messages of two paragraphs, each of the given
/// sentences.
func chatBody(ofLength length: Int, sentences: [String]) -> [UInt8] {
  var body: [UInt8] = Array(
    "{\"model\":\"MoM\",\"messages\":[{\"role\":\"system\",\"content\":\"You help.\"}".utf8)
  var turn = 0
  while body.count < length - 120 {
    let role = turn % 2 == 0 ? "user" : "assistant"
    var text = ""
    for index in 0..<16 {
      text += sentences[(turn * 7 + index * 3) % sentences.count]
      text += index == 7 ? "\n\n" : " "
    }
    body.append(contentsOf: ",{\"role\":\"\(role)\",\"content\":".utf8)
    JSONString.append(text, to: &body)
    body.append(UInt8(ascii: "}"))
    turn += 1
  }
  body.append(contentsOf: "],\"temperature\":0.7,\"max_tokens\":512,\"stream\":true}".utf8)
  return body
}

let escapeLight = chatBody(
  ofLength: 100 * 1024,
  sentences: [
    "The derivative of a product is the first factor times the derivative of the second, plus the reverse.",
    "When the scheduler admits a request it reserves the blocks that its prompt needs, and no more than that.",
    "She asked whether the contract could be ended early, and what notice the tenant would have to give.",
    "In 1905 four papers changed what physicists thought of light, motion, matter and energy.",
    "Let me think about the boundary cases first; an empty list and a list of one element are both sorted.",
    "A cache that is never invalidated is a leak with good manners.",
    "Photosynthesis turns carbon dioxide and water into glucose and oxygen, driven by the light that leaves absorb.",
    "Please answer in no more than three paragraphs and give the sources that you have used.",
  ])

let escapeDense = chatBody(
  ofLength: 100 * 1024,
  sentences: [
    "let x = \"a\\tb\";\n\tif (x == \"\") {\n\t\treturn \"none\";\n\t}\n",
    "{\"key\": \"value\", \"n\": [1, 2]}\n",
    "printf(\"%s\\n\", name);\n", "Größe: 5 µm – \"très bien\", 東京タワー\n",
  ])

/// Foundation's way to the same facts.
func extractWithFoundation(_ body: Data) -> Int {
  guard let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any],
    let model = object["model"] as? String, let messages = object["messages"] as? [[String: Any]],
    object["stream"] as? Bool == true
  else { return 0 }
  return model.utf8.count + messages.count
}

func measure(_ name: String, _ body: [UInt8]) -> (facts: Double, foundation: Double) {
  var sink = 0
  let facts = body.withUnsafeBytes { bytes in
    nanosecondsPerCall {
      if let facts = try? RequestFacts.scan(body: bytes, endpoint: .chatCompletions) {
        sink &+= facts.messages.count
      }
    }
  }
  let validation = body.withUnsafeBytes { bytes in
    nanosecondsPerCall {
      if (try? JSONText.validate(bytes)) != nil { sink &+= 1 }
    }
  }
  let data = Data(body)
  let foundation = nanosecondsPerCall { sink &+= extractWithFoundation(data) }
  let prompt = body.withUnsafeBytes { bytes in
    guard let facts = try? RequestFacts.scan(body: bytes, endpoint: .chatCompletions) else {
      return Double.nan
    }
    return nanosecondsPerCall { sink &+= facts.promptFacts(body: bytes).evaluationText.count }
  }
  let edits = body.withUnsafeBytes { bytes in
    guard let facts = try? RequestFacts.scan(body: bytes, endpoint: .chatCompletions) else {
      return Double.nan
    }
    return nanosecondsPerCall {
      var edits = RequestEdits(facts)
      edits.setModel("vllm-llama3-8b-instruct")
      edits.applySystemPrompt("You are a mathematics expert.", mode: .replace)
      edits.setChatTemplateArgument("enable_thinking", to: .boolean(true))
      sink &+= edits.splices(on: bytes).lengthAfter(bytes.count)
    }
  }
  print(
    name, "\(body.count) bytes:", "facts \(Int(facts)) ns,",
    "validation only \(Int(validation)) ns",
    "(\(rounded(Double(body.count) / validation)) GB/s),", "prompt facts \(Int(prompt)) ns,",
    "three edits \(Int(edits)) ns,", "Foundation \(Int(foundation)) ns", sink == 0 ? "?" : "")
  return (facts, foundation)
}

func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

let light = measure("escape-light", escapeLight)
let dense = measure("escape-dense", escapeDense)
print(
  "escape-dense scan: \(rounded(Double(escapeDense.count) / dense.facts)) GB/s, "
    + "\(rounded(dense.foundation / dense.facts)) x Foundation"
)
print("figure scan_gb_per_s \(rounded(Double(escapeLight.count) / light.facts)) GB/s")
print("figure scan_vs_foundation \(rounded(light.foundation / light.facts)) x")

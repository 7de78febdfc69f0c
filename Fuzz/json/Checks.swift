import ChatProtocols
import Foundation
import FuzzCommand
import JSONText
import Seeded

/// What a run looked at.
struct Tally: CustomStringConvertible {
  var valid = 0
  var bodies = 0
  var editedBodies = 0

  var description: String {
    "\(valid) of them valid, \(bodies) chat bodies, \(editedBodies) edited as Foundation would"
  }
}

enum Checks {
  static func check(_ input: [UInt8], _ tally: inout Tally, _ generator: inout SeededGenerator) throws {
    let fault = verdict { () throws(JSONError) in try JSONText.validate(input) }
    let walked = verdict { () throws(JSONError) in _ = try rewritten(input) }
    guard fault == walked else { throw Broken("validating gives \(describe(fault)), walking \(describe(walked))") }
    for endpoint in ModelEndpoint.allCases { try checkFacts(input, endpoint, fault) }
    try checkStream(input, &generator)

    let parsed = Oracle.parse(input)
    guard fault == nil else {
      if parsed != nil, !Oracle.mayAccept(input) { throw Broken("refused (\(describe(fault))), Foundation accepts") }
      return
    }
    tally.valid += 1
    guard let parsed else {
      if !Oracle.mayRefuse(input) { throw Broken("accepted, Foundation refuses") }
      return
    }
    // Foundation compares deep arrays in time quadratic in their depth.
    let isDeep = (try? JSONText.validate(input, depthLimit: 32)) == nil
    let isComparable = !isDeep && !Names.areRepeated(in: input) && !Oracle.drops(input)
    if isComparable {
      let again = try rewritten(input)
      guard let parsedAgain = Oracle.parse(again), NSArray(array: [parsed]).isEqual(NSArray(array: [parsedAgain]))
      else {
        throw Broken("unescaping and writing gave \(String(decoding: again, as: UTF8.self))")
      }
    }
    guard let facts = try? RequestFacts.scan(body: input, endpoint: .chatCompletions) else { return }
    tally.bodies += 1
    try checkEdits(input, facts, isComparable ? parsed as? [String: Any] : nil, &tally, &generator)
  }

  private static func checkFacts(_ input: [UInt8], _ endpoint: ModelEndpoint, _ fault: JSONError?) throws {
    do {
      let facts = try RequestFacts.scan(body: input, endpoint: endpoint)
      guard fault == nil else { throw Broken("facts of a body that is refused: \(describe(fault))") }
      let prompt = facts.promptFacts(body: input)
      guard String(validating: prompt.evaluationText, as: UTF8.self) != nil else {
        throw Broken("the evaluation text is not UTF-8")
      }
    } catch let error as RequestBodyError {
      if case .malformedJSON(let reported) = error {
        guard reported == fault else { throw Broken("facts report \(reported), validating \(describe(fault))") }
      } else if let fault {
        throw Broken("facts report \(error), validating \(fault)")
      }
    }
  }

  private static func checkEdits(
    _ input: [UInt8], _ facts: RequestFacts, _ parsed: [String: Any]?, _ tally: inout Tally,
    _ generator: inout SeededGenerator
  ) throws {
    var edits = RequestEdits(facts)
    var object = parsed ?? [:]
    var log: [String] = []
    for _ in 0..<Int.random(in: 1...5, using: &generator) { RandomEdits.edit(&edits, &object, &log, &generator) }
    let result = edits.apply(to: input)
    if let fault = verdict({ () throws(JSONError) in try JSONText.validate(result) }) {
      throw Broken("\(log) gave invalid JSON (\(fault)): \(String(decoding: result, as: UTF8.self))")
    }
    guard parsed != nil else { return }
    tally.editedBodies += 1
    guard (Oracle.parse(result) as? NSDictionary) == object as NSDictionary else {
      throw Broken("\(log) gave \(String(decoding: result, as: UTF8.self)), expected \(object)")
    }
  }

  /// The input as an event stream, whole and cut.
  private static func checkStream(_ input: [UInt8], _ generator: inout SeededGenerator) throws {
    func events(_ cuts: [Int]) -> [ServerSentEvent] {
      var splitter = ServerSentEvents(eventLimit: 256)
      var events: [ServerSentEvent] = []
      var start = 0
      for cut in cuts + [stream.count] {
        splitter.append(Array(stream[start..<cut])) { events.append($0) }
        start = cut
      }
      splitter.finish { events.append($0) }
      return events
    }
    var stream = Array("data: ".utf8) + input
    for _ in 0..<Int.random(in: 0...8, using: &generator) {
      let separators = ["\n", "\r", "\r\n", "\n\n", "\n\ndata: ", "\r\rdata:", "\r\n\r\nevent: "]
      let separator = separators.randomElement(using: &generator) ?? "\n"
      stream.insert(contentsOf: separator.utf8, at: Int.random(in: 0...stream.count, using: &generator))
    }
    let cuts = (0..<4).map { _ in Int.random(in: 0...stream.count, using: &generator) }.sorted()
    guard events([]) == events(cuts) else { throw Broken("the stream cut at \(cuts) has other events") }
  }

  /// The document walked value by value, its strings unescaped and written again, the rest as it is.
  private static func rewritten(_ input: [UInt8]) throws(JSONError) -> [UInt8] {
    try input.withUnsafeBufferPointer { (buffer) throws(JSONError) in
      let bytes = UnsafeRawBufferPointer(buffer)
      var cursor = JSONCursor(bytes)
      var output: [UInt8] = []
      // For each open container, whether it is an object, and its values so far.
      var open: [(isObject: Bool, count: Int)] = []
      func write(_ string: JSONExtent) {
        JSONString.unescaped(string, in: bytes).withUnsafeBytes { JSONString.append($0, to: &output) }
      }
      repeat {
        var isBeforeValue = true
        if let container = open.last {
          let isFirst = container.count == 0
          open[open.count - 1].count += 1
          if container.isObject {
            if let member = try cursor.nextMember() {
              if !isFirst { output.append(UInt8(ascii: ",")) }
              write(member.key)
              output.append(UInt8(ascii: ":"))
            } else {
              isBeforeValue = false
            }
          } else if try cursor.nextElement() != nil {
            if !isFirst { output.append(UInt8(ascii: ",")) }
          } else {
            isBeforeValue = false
          }
        }
        guard isBeforeValue else {
          output.append(open.removeLast().isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
          continue
        }
        switch try cursor.kind() {
        case .object:
          try cursor.enterObject()
          output.append(UInt8(ascii: "{"))
          open.append((true, 0))
        case .array:
          try cursor.enterArray()
          output.append(UInt8(ascii: "["))
          open.append((false, 0))
        case .string: write(try cursor.skipValue())
        default: output.append(contentsOf: bytes[try cursor.skipValue().range])
        }
      } while !open.isEmpty
      try cursor.finish()
      return output
    }
  }

  private static func verdict(_ body: () throws(JSONError) -> Void) -> JSONError? {
    do {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private static func describe(_ fault: JSONError?) -> String { fault.map { "\($0)" } ?? "no fault" }
}

/// Whether some object of a document repeats a name, so that parsers may differ on what it means.
enum Names {
  static func areRepeated(in document: [UInt8]) -> Bool {
    document.withUnsafeBytes { bytes in
      var cursor = JSONCursor(bytes)
      var open: [Set<String>?] = []
      var areRepeated = false
      func enter() throws {
        switch try cursor.kind() {
        case .object:
          try cursor.enterObject()
          open.append(Set<String>())
        case .array:
          try cursor.enterArray()
          open.append(nil)
        default: try cursor.skipValue()
        }
      }
      do {
        try enter()
        while let container = open.last {
          if container != nil {
            guard let member = try cursor.nextMember() else {
              open.removeLast()
              continue
            }
            let name = String(decoding: JSONString.unescaped(member.key, in: bytes), as: UTF8.self)
            if open[open.count - 1]?.insert(name).inserted == false { areRepeated = true }
          } else if try cursor.nextElement() == nil {
            open.removeLast()
            continue
          }
          try enter()
        }
      } catch {
        return true
      }
      return areRepeated
    }
  }
}

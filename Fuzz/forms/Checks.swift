import ChatProtocols
import Foundation
import FuzzCommand
import Seeded

enum Checks {
  /// The boundary of all forms: its start is found again inside of it.
  static let boundary = "--a-a-b"

  static func check(_ input: Seed, _ tally: inout Tally, _ generator: inout SeededGenerator) throws {
    let body = input.bytes
    // Most bodies are read whole, some within a limit that cuts them.
    let limit =
      Int.random(in: 0..<4, using: &generator) == 0 ? Int.random(in: 1...body.count + 2, using: &generator) : nil
    if input.isForm {
      tally.forms += 1
      try checkBoundary(body)
      let boundary = try MultipartBoundary(contentType: "multipart/form-data; boundary=\"\(boundary)\"")
      let finder = MultipartModelFinder(boundary: boundary, limit: limit ?? MultipartModelFinder.defaultLimit)
      let verdict = try agreedVerdict(finder, body, &tally, &generator)
      // What decides is the delimiter behind the model.
      try compare(
        verdict, Reference.form(body, boundary: boundary.bytes), body, limit, behind: boundary.bytes.count + 4)
    } else {
      let finder = JSONModelFinder(limit: limit ?? JSONModelFinder.defaultLimit)
      let verdict = try agreedVerdict(finder, body, &tally, &generator)
      try compare(verdict, Reference.json(body), body, limit, behind: 0)
      try compareWithFoundation(verdict, body, &tally)
    }
  }

  /// - Parameter rest: the bytes behind the model's range that are needed to find it.
  private static func compare(
    _ verdict: ModelVerdict, _ reference: ModelVerdict, _ body: [UInt8], _ limit: Int?, behind rest: Int
  ) throws {
    switch (verdict, reference) {
    case (.tooFar(let reached), _):
      guard reached == limit, body.count > reached else { throw Broken("too far, of \(body.count) bytes") }
      if case .found(_, let range) = reference, range.upperBound + rest <= reached {
        throw Broken("too far at \(reached) bytes, read whole \(reference)")
      }
    case (.invalid(_, .form), .invalid):
      // The reference does not say what is wrong with a form.
      break
    default:
      guard verdict == reference else { throw Broken("the verdict is \(verdict), read whole \(reference)") }
    }
    if let limit, case .found(_, let range) = verdict, range.upperBound + rest > limit {
      throw Broken("found at \(range), with a limit of \(limit) bytes")
    }
  }

  /// The verdict on the body, which must be the same for all ways to cut it that are tried.
  private static func agreedVerdict(
    _ finder: some ModelFinder, _ body: [UInt8], _ tally: inout Tally, _ generator: inout SeededGenerator
  ) throws -> ModelVerdict {
    func verdict(_ cuts: [Int]) -> ModelVerdict {
      var finder = finder
      var start = 0
      for cut in cuts + [body.count] {
        _ = finder.append(Array(body[start..<cut]))
        start = cut
      }
      return finder.finish()
    }
    let whole = verdict([])
    guard whole != .needMore else { throw Broken("no verdict at the end") }
    let cuts = (0..<5).map { _ in Int.random(in: 0...body.count, using: &generator) }.sorted()
    let someCuts = verdict(cuts)
    guard someCuts == whole else { throw Broken("the verdict is \(whole), cut at \(cuts) it is \(someCuts)") }
    let bytewise = verdict(Array(0..<body.count))
    guard bytewise == whole else { throw Broken("the verdict is \(whole), byte by byte it is \(bytewise)") }
    tally.count(whole)
    if whole.apiError.map({ !(400...499).contains($0.status) || $0.message.isEmpty }) ?? false {
      throw Broken("\(whole) is told as \(String(describing: whole.apiError))")
    }
    return whole
  }

  private static func compareWithFoundation(_ verdict: ModelVerdict, _ body: [UInt8], _ tally: inout Tally) throws {
    // Of a name that is repeated Foundation takes the last one, and it drops U+FEFF from strings.
    guard !Reference.repeatsNames(body), !body.contains([0xEF, 0xBB, 0xBF]),
      let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    else { return }
    switch verdict {
    case .found(let value, let range):
      tally.seenByFoundation += 1
      guard object["model"] as? String == value else { throw Broken("Foundation sees \(object["model"] ?? "nothing")") }
      guard body[range].first == 0x22, body[range].last == 0x22,
        let string = try? JSONSerialization.jsonObject(with: Data(body[range]), options: .fragmentsAllowed) as? String,
        string == value
      else { throw Broken("the range \(range) is not that of \(value)") }
    case .absent:
      guard object["model"] == nil || object["model"] is NSNull else { throw Broken("Foundation sees a model") }
    default: break
    }
  }

  /// The bytes as a content-type: any boundary that it has is one.
  private static func checkBoundary(_ bytes: [UInt8]) throws {
    let prefix = Array("multipart/form-data;".utf8)
    do throws(MultipartFault) {
      let boundary = try (prefix + bytes).withUnsafeBufferPointer { (buffer) throws(MultipartFault) in
        try MultipartBoundary(contentType: UnsafeRawBufferPointer(buffer))
      }
      guard (1...70).contains(boundary.bytes.count), !boundary.bytes.contains(0x0D) else {
        throw MultipartFault.invalidBoundary
      }
    } catch .boundaryTooLong(let limit) where limit != 70 {
      throw Broken("the limit is \(limit)")
    } catch {}
  }
}

import Fleet
import FuzzCommand
import Seeded

/// How many of the changed texts were selectors still.
struct Tally: CustomStringConvertible {
  var read = 0
  var refused = 0

  var description: String { "\(read) changed ones read and \(refused) refused" }
}

enum Checks {
  static func check(_ bytes: [UInt8], _ tally: inout Tally, _ generator: inout SeededGenerator) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    let selector: LabelSelector
    do throws(LabelSelectorError) {
      selector = try LabelSelector(parsing: text)
    } catch {
      tally.refused += 1
      guard (0...text.utf8.count).contains(error.offset) else { throw Broken("the place is \(error.offset)") }
      guard !error.reason.isEmpty, !error.reason.utf8.contains(where: { $0 < 0x20 }) else {
        throw Broken("the reason is \(error.reason.debugDescription)")
      }
      return
    }
    tally.read += 1
    guard text.utf8.count <= LabelSelector.byteLimit,
      selector.requirements.count <= LabelSelector.requirementLimit
    else { throw Broken("a bound is not kept: \(selector.requirements.count) requirements") }
    guard (try? LabelSelector(parsing: selector.description)) == selector else {
      throw Broken("written anew it is \(selector)")
    }
    let kinds = (0..<4).map { _ in ReplicaLabels(Made.labels(&generator)) }
    let placements = (0..<20).map { id in
      Placement(
        replica: Replica(id: id, name: "r", host: "h", port: 1), upstreamModel: "m",
        labels: kinds[Int.random(in: 0..<4, using: &generator)])
    }
    let taken = selector.filter(placements).map(\.replica.id)
    guard taken == placements.filter({ selector.matches($0.labels.values) }).map(\.replica.id) else {
      throw Broken("among many it takes \(taken)")
    }
  }
}

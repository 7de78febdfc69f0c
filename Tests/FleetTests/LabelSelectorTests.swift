import Testing

@testable import Fleet

@Suite("Label selectors") struct LabelSelectorTests {
  private static let gold = ["tier": "gold", "zone": "a", "memory": "80", "example.com/pool": ""]

  @Test(
    "mean what Kubernetes means by them",
    arguments: [
      ("", true), (" ", true), ("tier=gold", true), ("tier==gold", true), ("tier = gold , zone=a", true),
      ("tier=silver", false), ("tier!=silver", true), ("tier!=gold", false), ("other!=gold", true),
      ("other=gold", false),
      ("zone in (a,b)", true), ("zone in ( b , c )", false), ("zone notin (b,c)", true), ("zone notin (a)", false),
      ("other notin (a)", true), ("other in (a)", false), ("tier", true), ("other", false), ("!tier", false),
      ("!other", true), ("! other,tier", true), ("example.com/pool", true), ("example.com/pool=", true),
      ("example.com/pool in (,x)", true), ("memory>40", true), ("memory>80", false), ("memory<81", true),
      ("tier>1", false), ("other<1", false), ("tier=gold,zone!=b,memory in (80,141),tier notin (x),!draining", true),
      ("in in (a),notin notin (b)", false),
    ] as [(String, Bool)])
  func meaning(text: String, isTaken: Bool) throws {
    #expect(try LabelSelector(parsing: text).matches(Self.gold) == isTaken)
  }

  @Test(
    "that are none name the place",
    arguments: [
      ("tier=gold,", 10, "found the end in place of a key"),
      (",tier", 0, "found \",\" in place of a key"),
      ("tier=gold zone=a", 10, "found \"zone\" in place of a comma or the end"),
      ("zone in a", 8, "found \"a\" in place of \"(\""),
      ("zone in (", 9, "found the end in place of a value, a comma or \")\""),
      ("zone in ()", 9, "the list of values is empty; write one between the brackets"),
      ("zone in (a", 10, "found the end in place of a comma or \")\""),
      ("zone in (a b)", 11, "found \"b\" in place of a comma or \")\""),
      ("zone is a", 5, "found \"is\" in place of one of =, ==, !=, in, notin, > and < behind the key \"zone\""),
      ("memory>big", 7, "found \"big\" in place of a whole number"),
      ("!tier=gold", 5, "found \"=\" in place of a comma or the end"),
      ("a=(b)", 2, "found \"(\" in place of a value"),
    ] as [(String, Int, String)])
  func places(text: String, offset: Int, reason: String) {
    #expect(throws: LabelSelectorError(offset: offset, reason: reason)) { try LabelSelector(parsing: text) }
  }

  @Test(
    "have keys and values that labels can have", arguments: ["-a=b", "a/b/c", "/a", "Ex.com/a", "a=-b", "a=b_", "é=a"])
  func words(text: String) {
    #expect { try LabelSelector(parsing: text) } throws: { "\($0)".contains("of a label; one") }
  }

  @Test("are bounded: bytes, requirements, values, lengths")
  func bounds() {
    func reason(_ text: String) -> String? {
      do throws(LabelSelectorError) {
        _ = try LabelSelector(parsing: text)
        return nil
      } catch { return error.reason }
    }
    let letters = String(repeating: "a", count: 63)
    #expect(reason("\(letters)=\(letters)") == nil)
    #expect(reason("\(letters)a") != nil && reason("a=\(letters)a") != nil)
    #expect(reason(Array(repeating: "a", count: 64).joined(separator: ",")) == nil)
    #expect(reason(Array(repeating: "a", count: 65).joined(separator: ",")) == "there are more than 64 requirements")
    #expect(reason("a in (\(Array(repeating: "a", count: 256).joined(separator: ",")))") == nil)
    #expect(
      reason("a in (\(Array(repeating: "a", count: 257).joined(separator: ",")))") == "there are more than 256 values")
    #expect(reason(String(repeating: " ", count: 4_097)) == "the selector is longer than 4096 bytes")
  }

  @Test("take replicas in their order, and those that share labels at once")
  func filter() throws {
    let kinds = [ReplicaLabels(["zone": "a"]), ReplicaLabels(["zone": "b"]), .none]
    let placements = (0..<9).map { id in
      Placement(
        replica: Replica(id: id, name: "r\(id)", host: "h", port: 1), upstreamModel: "m", labels: kinds[id / 2 % 3])
    }
    #expect(try LabelSelector(parsing: "zone").filter(placements).map(\.replica.id) == [0, 1, 2, 3, 6, 7, 8])
    #expect(try LabelSelector(parsing: "zone!=a").filter(placements).map(\.replica.id) == [2, 3, 4, 5, 8])
  }

  @Test("are asked of a model for all its replicas, an adapter's or those of pairs, each time with the same answer")
  func selected() throws {
    let replicas = (0..<6).map { Replica(id: $0, name: "r\($0)", host: "h", port: 1) }
    let placements = replicas.map { replica in
      Placement(
        replica: replica, upstreamModel: "m", role: [.whole, .prefill, .decode][replica.id % 3],
        labels: ReplicaLabels(["half": replica.id < 3 ? "first" : "second"]))
    }
    let model = FleetModel(name: "m", placements: placements, adapters: ["a"], holders: ["a": [0]])
    let second = try LabelSelector(parsing: "half=second")
    for _ in 0..<2 {
      #expect(model.placements(for: nil, taking: second).map(\.replica.id) == [3])
      #expect(model.placements(for: "a", taking: second).isEmpty)
      #expect(model.pairedPlacements(for: nil, taking: second).map(\.replica.id) == [4, 5])
      #expect(model.placements(for: nil, taking: nil).map(\.replica.id) == [0, 3])
    }
    // More than are remembered.
    for number in 0..<200 {
      let selector = try LabelSelector(parsing: "half=first,!key-\(number)")
      #expect(model.placements(for: nil, taking: selector).map(\.replica.id) == [0])
    }
    #expect(model.placements(for: nil, taking: second).map(\.replica.id) == [3])
  }
}

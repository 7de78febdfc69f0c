import JSONText
import Seeded
import Testing

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

struct ByteSplicesTests {
  private let body = Array("0123456789".utf8)

  @Test("splices are carried out in the order of their ranges, whatever the order they came in")
  func order() {
    var splices = ByteSplices()
    splices.replace(7..<9, with: Array("SEVEN".utf8))
    splices.remove(0..<2)
    splices.insert(Array("+".utf8), at: 5)
    #expect(text(splices.apply(to: body)) == "234+56SEVEN9")
    #expect(splices.lengthAfter(10) == 12)
    #expect(splices.splices.map(\.range) == [0..<2, 5..<5, 7..<9])
  }

  @Test("no splices leave the body as it is")
  func empty() {
    #expect(text(ByteSplices().apply(to: body)) == "0123456789")
    #expect(ByteSplices().apply(to: []) == [])
    #expect(ByteSplices().lengthAfter(10) == 10)
  }

  @Test(
    "insertions at one place keep their order, before a replacement that starts there and behind one that ends there"
  )
  func insertionsAtOnePlace() {
    var splices = ByteSplices()
    splices.replace(4..<6, with: Array("X".utf8))
    splices.insert(Array("a".utf8), at: 4)
    splices.insert(Array("b".utf8), at: 4)
    splices.replace(2..<4, with: [])
    splices.insert(Array("c".utf8), at: 6)
    #expect(text(splices.apply(to: body)) == "01abXc6789")
  }

  @Test("insertions at both ends")
  func ends() {
    var splices = ByteSplices()
    splices.insert(Array("<".utf8), at: 0)
    splices.insert(Array(">".utf8), at: 10)
    #expect(text(splices.apply(to: body)) == "<0123456789>")
  }

  @Test("the edited body comes in pieces, none of them empty")
  func pieces() {
    var splices = ByteSplices()
    splices.remove(0..<3)
    splices.replace(5..<6, with: Array("five".utf8))
    splices.remove(6..<10)
    var pieces: [String] = []
    splices.forEachPiece(
      ofLength: 10, original: { pieces.append("\($0)") },
      replacement: { pieces.append(String(decoding: $0, as: UTF8.self)) })
    #expect(pieces == ["3..<5", "five"])
  }

  @Test("overlapping splices trap")
  func overlaps() async {
    await #expect(processExitsWith: .failure) {
      var splices = ByteSplices()
      splices.replace(2..<5, with: [])
      splices.replace(4..<6, with: [])
    }
    await #expect(processExitsWith: .failure) {
      var splices = ByteSplices()
      splices.replace(2..<5, with: [])
      splices.insert([1], at: 3)
    }
    await #expect(processExitsWith: .failure) {
      var splices = ByteSplices()
      splices.replace(2..<12, with: [])
      _ = splices.lengthAfter(10)
    }
  }

  @Test("random splices give what replacing from the back gives")
  func randomSplices() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let body = (0..<40).map { UInt8($0) }
      var cuts = (0..<8).map { _ in Int.random(in: 0...40, using: &generator) }.sorted()
      cuts = cuts.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
      var pieces: [(Range<Int>, [UInt8])] = []
      for index in stride(from: 0, to: cuts.count - 1, by: 2) {
        let length = Int.random(in: 0..<5, using: &generator)
        pieces.append((cuts[index]..<cuts[index + 1], [UInt8](repeating: 255, count: length)))
      }
      var expected = body
      for (range, replacement) in pieces.reversed() {
        expected.replaceSubrange(range, with: replacement)
      }
      var splices = ByteSplices()
      for (range, replacement) in pieces.shuffled(using: &generator) {
        splices.replace(range, with: replacement)
      }
      #expect(splices.apply(to: body) == expected)
      #expect(splices.lengthAfter(40) == expected.count)
    }
  }
}

import Testing

@testable import EngineClient

/// A line, what it is called, the value and the value of the label `l`; nil for a line that is no sample.
private struct LineCase: CustomTestStringConvertible {
  var line: String
  var sample: (name: String, value: Double, label: String?)?

  init(_ line: String, _ name: String, _ value: Double, _ label: String? = nil) {
    self.line = line
    sample = (name, value, label)
  }

  init(bad line: String) { self.line = line }

  var testDescription: String { line }

  static let all: [LineCase] = [
    LineCase("up 1", "up", 1),
    LineCase("  up\t 1 ", "up", 1),
    LineCase("up 1\r", "up", 1),
    LineCase("up 1 1395066363000", "up", 1),
    LineCase("up 1.5e-3 1.395066363e9", "up", 0.0015),
    LineCase("up{} 2", "up", 2),
    LineCase("up{l=\"a\"} 2", "up", 2, "a"),
    LineCase("up{l=\"a\",} 2", "up", 2, "a"),
    LineCase("up{k=\"l=\\\"x\\\"\",l=\"b\"}2", "up", 2, "b"),
    LineCase("up {l=\"a}b\"} 3", "up", 3, "a}b"),
    LineCase("up{l=\"a\\\\b\\\"c\\nd\"} 3", "up", 3, "a\\b\"c\nd"),
    LineCase("up{ l = \"a\" , k=\"b\" } 3", "up", 3, "a"),
    LineCase("ns:up_total{l=\"é日\"} 3", "ns:up_total", 3, "é日"),
    LineCase("up_bucket{le=\"1\"} 17 # {trace_id=\"x\"} 0.5 1.7e9", "up_bucket", 17),
    LineCase("up +Inf", "up", .infinity),
    LineCase("up -Inf", "up", -.infinity),
    LineCase("up inf", "up", .infinity),
    LineCase("up .5", "up", 0.5),
    LineCase("up 5.", "up", 5),
    LineCase("up -0.25", "up", -0.25),
    LineCase("up 1.7643216001234567e+09", "up", 1_764_321_600.123_456_7),
    LineCase("up 123456789012345678901234567890", "up", 1.234_567_890_123_456_8e29),
    LineCase("up 4.9406564584124654e-324", "up", .leastNonzeroMagnitude),
    LineCase(bad: "up"),
    LineCase(bad: "up "),
    LineCase(bad: "up x"),
    LineCase(bad: "up 1e"),
    LineCase(bad: "up 0x10"),
    LineCase(bad: "up 1_000"),
    LineCase(bad: "up{l=\"a\" 1"),
    LineCase(bad: "up{l=\"a} 1"),
    LineCase(bad: "{\"up\",l=\"a\"} 1"),
    LineCase(bad: "<html>"),
    LineCase(bad: "é 1"),
  ]
}

@Suite("Metrics pages, line by line")
struct ExpositionReaderTests {
  /// The page's samples, and the number of lines that are none.
  private func read(_ page: String) -> (samples: [(name: String, value: Double, label: String?)], skipped: Int) {
    Array(page.utf8).withUnsafeBytes { bytes in
      var reader = ExpositionReader(bytes)
      var samples: [(name: String, value: Double, label: String?)] = []
      while reader.advance() {
        let name = String(decoding: reader.name, as: UTF8.self)
        if let (labels, value) = reader.sample() { samples.append((name, value, labels.text("l"))) }
      }
      return (samples, reader.skippedLines)
    }
  }

  @Test("a line is read or passed over", arguments: LineCase.all)
  private func line(_ example: LineCase) throws {
    for page in [example.line, example.line + "\n", "# c\n\n\(example.line)\nnext 7\n"] {
      let (samples, skipped) = read(page)
      let own = page.hasSuffix("7\n") ? Array(samples.dropLast()) : samples
      if page.hasSuffix("7\n") { #expect(samples.last?.value == 7) }
      guard let expected = example.sample else {
        #expect(own.isEmpty && skipped == 1)
        continue
      }
      let sample = try #require(own.first)
      #expect(own.count == 1 && skipped == 0)
      #expect(sample.name == expected.name)
      #expect(sample.value == expected.value)
      #expect(sample.label == expected.label)
    }
  }

  @Test("NaN is a value that is none")
  func notANumber() throws {
    #expect(try #require(read("up NaN").samples.first).value.isNaN)
  }

  @Test("an empty page has no sample")
  func empty() {
    #expect(read("").samples.isEmpty)
    #expect(read("\n\r\n#\n# EOF").samples.isEmpty)
  }

  @Test("what stands behind # EOF is not read")
  func endMark() {
    #expect(read("up 1\n# EOF\nup 2\n").samples.count == 1)
    #expect(read("up 1\n# EOFs\nup 2\n").samples.count == 2)
  }

  @Test("a line longer than the limit is passed over")
  func longLine() {
    let long = "up{l=\"" + String(repeating: "x", count: ExpositionReader.lineLimit) + "\"} 1\nup 2\n"
    let (samples, skipped) = read(long)
    #expect(samples.map(\.value) == [2])
    #expect(skipped == 1)
  }
}

import RouterConfig
import Testing

/// A document and every line that the loader says about it.
struct DocumentCase: Sendable, CustomTestStringConvertible {
  var title: String
  var yaml: String
  var problems: [String]

  init(_ title: String, _ yaml: String, _ problems: [String]) {
    self.title = title
    self.yaml = yaml + "\n"
    self.problems = problems
  }

  var testDescription: String { title }
}

func load(
  _ yaml: String, environment: [String: String] = [:], strict: Bool = false
) throws(ConfigurationProblems) -> LoadedConfiguration {
  try ConfigurationLoader(environment: environment, strict: strict, files: .none)
    .load(Array(yaml.utf8), file: "c.yaml")
}

@Suite("Problems of documents") struct DocumentProblemTests {
  @Test("a document that cannot be used is refused with exact words and places", arguments: badDocuments)
  func refuses(_ document: DocumentCase) {
    do {
      _ = try load(document.yaml)
      Issue.record("loaded")
    } catch {
      #expect(error.problems.map(\.description) == document.problems)
    }
  }

  @Test("what the gateway is told is checked with exact words and places", arguments: badGatewayDocuments)
  func refusesOfGateway(_ document: DocumentCase) { refuses(document) }

  @Test("a doubtful document loads and says so", arguments: doubtfulDocuments)
  func warns(_ document: DocumentCase) throws {
    #expect(try load(document.yaml).warnings.map(\.description) == document.problems)
  }

  @Test("in strict mode a key outside the schema is an error")
  func strict() {
    do {
      _ = try load("routing: {}\nrouter: {}\nglobal:\n  routr: {}\n", strict: true)
      Issue.record("loaded")
    } catch {
      #expect(
        error.description == """
          c.yaml:2:1: router is not a key of the schema; `switchyard config reference` lists the keys
          c.yaml:4:3: global.routr is not a key of the schema; did you mean router?
          """)
    }
  }

  @Test("in strict mode another version is an error")
  func strictVersion() {
    do {
      _ = try load("version: v0.2\nrouting: {}\n", strict: true)
      Issue.record("loaded")
    } catch {
      #expect(error.description == "c.yaml:1:10: version \"v0.2\" is not v0.3; write version: v0.3")
    }
  }

  @Test("a problem carries its path")
  func path() {
    do {
      _ = try load(
        """
        routing:
          decisions:
            - name: math
              rules: {operator: OR, conditions: [{type: language, name: de}]}
        """)
      Issue.record("loaded")
    } catch {
      #expect(error.problems.map(\.path) == ["routing.decisions[0].rules.conditions[0].name"])
      #expect(error.problems[0].severity == .error)
      #expect(error.problems[0].reason == #"decision "math": signal language:de is not declared"#)
      #expect(error.problems[0].suggestion == "declare it under routing.signals.language")
    }
  }

  @Test("no more than 200 errors are kept, and the rest is counted")
  func limit() {
    let decisions = (0..<500).map { "    - {name: d\($0), priority: high}\n" }.joined()
    do {
      _ = try load("routing:\n  decisions:\n" + decisions)
      Issue.record("loaded")
    } catch {
      #expect(error.problems.count == 201)
      #expect(
        error.problems.last?.description == "c.yaml:1:1: 300 more problems are not shown; correct the others first")
    }
  }

  @Test("a later stage's problem gets the place and the words of the loader's")
  func laterProblem() throws {
    let loaded = try load("routing:\n  signals:\n    keywords:\n      - name: k\n        keywords: [a, \"(\"]\n")
    let path = "routing.signals.keywords[0].keywords[1]"
    #expect(
      loaded.problem(at: path, "the pattern lacks a )").description
        == "c.yaml:5:23: signal keyword:k: the pattern lacks a )")
    #expect(loaded.location(of: path)?.line == 5)
    #expect(loaded.location(of: path)?.column == 23)
    #expect(loaded.location(of: "routing.signals.keywords[7].name")?.line == 4)
    #expect(loaded.location(of: "a[b") == nil)
  }
}

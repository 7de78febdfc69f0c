import Foundation
import Reading
import RouterConfig
import Testing
import TextEncoder

@testable import AdminAPI

/// An encoder whose vectors are the counts of `a`, of `b` and of everything else.
private final class CountingEncoder: PromptEncoder {
  let name = "counts"
  let width = 3

  func readNow(_ text: [UInt8]) -> PromptEncoding {
    var read = EncodedText()
    let a = Float(text.count { $0 == UInt8(ascii: "a") })
    let b = Float(text.count { $0 == UInt8(ascii: "b") })
    read.embedding = [a, b, Float(text.count) - a - b]
    return .read(read)
  }

  func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void) { answer(readNow(text)) }
}

/// One that reads nothing before it is told to.
private final class HeldEncoder: PromptEncoder {
  let name = "held"
  let width = 3
  let isAsked = DispatchSemaphore(value: 0)
  let mayGoOn = DispatchSemaphore(value: 0)

  func readNow(_ text: [UInt8]) -> PromptEncoding {
    isAsked.signal()
    mayGoOn.wait()
    return CountingEncoder().readNow(text)
  }

  func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void) { answer(readNow(text)) }
}

/// Sure of an attack where the text says so.
private struct WordGuard: TextClassifier {
  let name = "word-guard"
  let labels = PromptGuardSettings.labels
  var failure: ClassifierError?

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    if let failure { return .failure(failure) }
    let isAttack = String(decoding: text, as: UTF8.self).contains("attack")
    return .success(TextClassification(probabilities: isAttack ? [0.1, 0.9, 0, 0] : [1, 0, 0, 0]))
  }
}

@Suite("Texts read through the management API") struct ReadingTests {
  private static let models = ReadingModels(
    domain: FixedClassifier.math, promptGuard: WordGuard(),
    personalData: try? BundledPersonalDataReader(encoderWidth: nil), encoder: CountingEncoder())

  @Test("embeddings: a vector of length 1 a text")
  func embeddings() async throws {
    try await TestServer.run(models: Self.models) { test in
      let json = try await test.post("/api/v1/embeddings", #"{"texts":["aabb","zz"],"model":"auto","dimension":3}"#)
        .json
      let rows = try #require(json["embeddings"] as? [[String: Any]])
      #expect(json["total_count"] as? Int == 2)
      #expect(rows.map { $0["model_used"] as? String } == ["counts", "counts"])
      let first = try #require(rows[0]["embedding"] as? [Double])
      #expect(abs(first[0] - 0.707107) < 1e-4)
      #expect(rows[1]["embedding"] as? [Double] == [0, 0, 1])
      let loaded = try await test.get("/api/v1/embeddings/models").json
      #expect(loaded["total"] as? Int == 1)
    }
  }

  @Test("metrics and the configuration wait for no text that is being read", .timeLimit(.minutes(1)))
  func apart() async throws {
    let encoder = HeldEncoder()
    try await TestServer.run(models: ReadingModels(domain: FixedClassifier.math, encoder: encoder)) { test in
      async let embedding = test.post("/api/v1/embeddings", #"{"texts":["a"]}"#)
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          encoder.isAsked.wait()
          continuation.resume()
        }
      }
      let (metrics, configuration) = (try await test.get("/metrics"), try await test.get("/config/router"))
      #expect(metrics.status == 200 && configuration.status == 200)
      encoder.mayGoOn.signal()
      let answer = try await embedding
      #expect(answer.status == 200)
    }
  }

  @Test("similarity of two texts, and the likest of several")
  func similarity() async throws {
    try await TestServer.run(models: Self.models) { test in
      let pair = try await test.post("/api/v1/similarity", #"{"text1":"aaaa","text2":"ab"}"#).json
      #expect(abs((pair["similarity"] as? Double ?? 0) - 0.707107) < 1e-4)
      let batch = try await test.post(
        "/api/v1/similarity/batch", #"{"query":"a","candidates":["b","aa","ab","z"],"top_k":2}"#
      ).json
      let matches = try #require(batch["matches"] as? [[String: Any]])
      #expect(matches.map { $0["index"] as? Int } == [1, 2])
      #expect(matches[0]["text"] as? String == "aa")
      #expect(batch["total_candidates"] as? Int == 4)
    }
  }

  @Test("the guard's verdict, with a threshold of the request's own")
  func security() async throws {
    try await TestServer.run(models: Self.models) { test in
      let attack = try await test.post("/api/v1/classify/security", #"{"text":"an attack"}"#).json
      #expect(attack["is_jailbreak"] as? Bool == true)
      #expect(attack["recommendation"] as? String == "block")
      #expect(attack["detection_types"] as? [String] == ["jailbreak"])
      let strict = try await test.post(
        "/api/v1/classify/security", #"{"text":"an attack","options":{"sensitivity":0.95}}"#
      ).json
      #expect(strict["is_jailbreak"] as? Bool == false)
      let harmless = try await test.post("/api/v1/classify/security", #"{"text":"a question"}"#).json
      #expect(harmless["risk_score"] as? Double == 0)
    }
  }

  @Test("personal data: masked unless it is to be told, positions in characters")
  func personalData() async throws {
    try await TestServer.run(models: Self.models) { test in
      let masked = try await test.post("/api/v1/classify/pii", #"{"text":"né: write to ann@example.com now"}"#).json
      #expect(masked["has_pii"] as? Bool == true)
      #expect(masked["masked_text"] as? String == "né: write to [EMAIL_ADDRESS] now")
      let entity = try #require((masked["entities"] as? [[String: Any]])?.first)
      #expect(entity["value"] as? String == "[EMAIL_ADDRESS]")
      #expect(entity["start_position"] as? Int == 13)
      #expect(entity["end_position"] as? Int == 28)
      let told = try await test.post(
        "/api/v1/classify/pii",
        #"{"text":"ann@example.com","options":{"reveal_entity_text":true,"return_positions":false}}"#
      ).json
      let revealed = try #require((told["entities"] as? [[String: Any]])?.first)
      #expect(revealed["value"] as? String == "ann@example.com")
      #expect(revealed["start_position"] == nil)
      let others = try await test.post(
        "/api/v1/classify/pii", #"{"text":"ann@example.com","options":{"entity_types":["us_ssn"]}}"#
      ).json
      #expect(others["has_pii"] as? Bool == false)
    }
  }

  @Test("a reader that is not there or fails is a 503, never an answer that all is well")
  func failures() async throws {
    try await TestServer.run { test in
      for (path, body) in [
        ("/api/v1/embeddings", #"{"texts":["a"]}"#), ("/api/v1/similarity", #"{"text1":"a","text2":"b"}"#),
        ("/api/v1/classify/security", #"{"text":"a"}"#), ("/api/v1/classify/pii", #"{"text":"a"}"#),
      ] {
        let answer = try await test.post(path, body)
        #expect(answer.status == 503, "\(path)")
      }
    }
    var failing = Self.models
    failing.promptGuard = WordGuard(failure: ClassifierError("down"))
    try await TestServer.run(models: failing) { test in
      let answer = try await test.post("/api/v1/classify/security", #"{"text":"a"}"#)
      #expect(answer.status == 503)
    }
  }

  @Test(
    "bad input is told with the way out",
    arguments: [
      ("/api/v1/embeddings", "{", "not valid JSON"), ("/api/v1/embeddings", "[]", "must be a JSON object"),
      ("/api/v1/embeddings", "{}", "texts is missing"),
      ("/api/v1/embeddings", #"{"texts":["a",1]}"#, "texts is missing"),
      ("/api/v1/embeddings", #"{"texts":["a",""]}"#, "texts[1] is empty"),
      ("/api/v1/embeddings", #"{"texts":["a"],"images":["x"]}"#, "images cannot be embedded"),
      ("/api/v1/embeddings", #"{"texts":["a"],"model":"qwen3"}"#, "there is no model"),
      ("/api/v1/embeddings", #"{"texts":["a"],"dimension":64}"#, "have 3 numbers"),
      ("/api/v1/similarity", #"{"text1":"a"}"#, "text2 is missing"),
      ("/api/v1/similarity/batch", #"{"query":"a","candidates":["b"],"top_k":-1}"#, "top_k must be a number"),
      ("/api/v1/classify/security", #"{"text":"a","options":{"sensitivity":2}}"#, "options.sensitivity must be"),
      ("/api/v1/classify/pii", #"{"text":""}"#, "text is missing"),
      ("/api/v1/classify/pii", #"{"text":"a","options":[]}"#, "options"),
      ("/api/v1/classify/pii", #"{"text":"a","options":{"return_positions":1}}"#, "must be true or false"),
    ])
  func badInput(path: String, body: String, message: String) async throws {
    try await TestServer.run(models: Self.models) { test in
      let answer = try await test.post(path, body)
      #expect(answer.status == 400)
      #expect(answer.body.contains(message), "\(answer.body)")
    }
  }
}

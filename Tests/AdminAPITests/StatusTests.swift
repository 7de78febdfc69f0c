import Foundation
import Testing

@testable import AdminAPI

@Suite struct StatusTests {
  @Test("health tells that the process lives")
  func health() async throws {
    try await TestServer.run { test in
      let answer = try await test.get("/health")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.body == #"{"status":"healthy","service":"classification-api"}"#)
    }
  }

  @Test("ready is 200 when requests are routed, 503 before")
  func ready() async throws {
    try await TestServer.run { test in
      let answer = try await test.get("/ready")
      #expect(answer.status == 200)
      #expect(
        answer.body == #"{"status":"ready","service":"classification-api","ready":true,"phase":"ready","#
          + #""message":"requests are routed","downloading_model":"","pending_models":[],"ready_models":1,"#
          + #""total_models":1}"#)
    }
    let loading = AdminReadiness(
      isReady: false, phase: "loading", message: "reading the encoder", readyModels: 1, totalModels: 2,
      pendingModels: ["encoder"], updatedAt: 0)
    try await TestServer.run(readiness: loading) { test in
      let answer = try await test.get("/ready")
      #expect(answer.status == 503)
      let json = try answer.json
      #expect(json["status"] as? String == "starting")
      #expect(json["pending_models"] as? [String] == ["encoder"])
    }
  }

  @Test("the startup status says when it changed")
  func startupStatus() async throws {
    try await TestServer.run { test in
      let json = try await test.get("/startup-status").json
      #expect(json["updated_at"] as? String == "2026-01-31T09:00:00Z")
      #expect(json["phase"] as? String == "ready")
    }
  }

  @Test("metrics are text")
  func metrics() async throws {
    try await TestServer.run { test in
      let answer = try await test.get("/metrics")
      #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(answer.body == "# TYPE requests counter\nrequests 7\n")
    }
  }

  @Test("the list names every endpoint")
  func discovery() async throws {
    try await TestServer.run { test in
      let endpoints = try #require(try await test.get("/api/v1").json["endpoints"] as? [[String: String]])
      #expect(
        endpoints.map { "\($0["method"] ?? "") \($0["path"] ?? "")" } == [
          "GET /health", "GET /ready", "GET /startup-status", "GET /metrics", "GET /api/v1", "POST /api/v1/eval",
          "POST /api/v1/classify/intent", "POST /api/v1/classify/security",
          "POST /api/v1/classify/pii", "POST /api/v1/embeddings", "GET /api/v1/embeddings/models",
          "POST /api/v1/similarity", "POST /api/v1/similarity/batch", "GET /config/router", "GET /info/classifier",
          "POST /CreateUser", "POST /ReadUser", "POST /UpdateUser", "POST /DeleteUser",
        ])
    }
  }

  @Test("the configuration is shown without its secrets, as JSON and as YAML")
  func configuration() async throws {
    try await TestServer.run { test in
      let answer = try await test.get("/config/router")
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.headers["etag"]?.count == 66)
      #expect(!answer.body.contains("s3cr3t"))
      let json = try answer.json
      #expect(json["version"] as? String == "v0.3")
      let routing = try #require(json["routing"] as? NSDictionary)
      let decisions = try #require(routing["decisions"] as? [NSDictionary])
      #expect(decisions.map { $0["name"] as? String } == ["math_decision", "thinking_decision"])
      #expect(decisions[0]["priority"] as? Int == 10)
      let models = (json["providers"] as? NSDictionary)?["models"] as? [NSDictionary]
      #expect((models?[0]["backend_refs"] as? [[String: String]])?[0]["api_key_env"] == "SECRET_KEY")

      let yaml = try await test.get("/config/router", headers: ["accept: application/yaml"])
      #expect(yaml.headers["content-type"] == "application/yaml")
      #expect(yaml.body.contains("\nversion: v0.3\n"))
      #expect(!yaml.body.contains("s3cr3t"))
    }
  }

  @Test("the classifier is named beside the configuration")
  func classifier() async throws {
    try await TestServer.run { test in
      let json = try await test.get("/info/classifier").json
      #expect(json["status"] as? String == "config_loaded")
      #expect((json["config"] as? NSDictionary)?["version"] as? String == "v0.3")
      #expect((json["classifier"] as? NSDictionary)?["name"] as? String == "fixed")
    }
  }

  @Test(
    "instants are written as RFC 3339",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_769_850_300.9, "2026-01-31T09:05:00Z"),
      (-1, "1969-12-31T23:59:59Z"), (4_107_542_399, "2100-02-28T23:59:59Z"), (.infinity, "9999-12-31T23:59:59Z"),
      (-.infinity, "0000-01-01T00:00:00Z"), (.nan, "1970-01-01T00:00:00Z"),
    ] as [(Double, String)])
  func timestamps(_ seconds: Double, _ text: String) {
    #expect(Timestamp.text(seconds) == text)
  }
}

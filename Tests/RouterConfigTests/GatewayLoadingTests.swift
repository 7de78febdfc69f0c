import Testing

@testable import RouterConfig

@Suite("Loading what the gateway is told") struct GatewayLoadingTests {
  @Test("every key arrives")
  func everything() throws {
    let loaded = try load(gatewayDocument, strict: true)
    #expect(loaded.warnings.isEmpty)
    let document = loaded.document
    #expect(
      document.listeners == [
        Listener(
          name: "https", address: "0.0.0.0", port: 8443, timeoutSeconds: 90,
          tls: ListenerTLS(
            certificateFile: "tls/server.crt", keyFile: "/etc/tls/server.key", clientCAFile: "tls/clients.crt",
            clientAuthentication: .optional, minimumVersion: .tls13, applicationProtocols: ["http/1.1"]),
          cors: CORSPolicy(
            allowedOrigins: ["https://app.example.com", "http://localhost:3000", "null"], allowedMethods: ["POST"],
            allowedHeaders: ["authorization", "content-type"], exposedHeaders: ["x-request-id"],
            allowsCredentials: true, maxAge: .seconds(3600)),
          trustsForwarded: true),
        Listener(name: "http", address: "0.0.0.0", port: 8080, cors: CORSPolicy(allowedOrigins: ["*"])),
      ])
    #expect(
      document.providers.models[0].reliability
        == ReliabilitySettings(
          retryCount: 5, consecutiveFailures: 0, baseEjectionTime: .seconds(10), maxEjectionTime: .seconds(60),
          maxEjectionPercent: 100, ejectsBySuccessRate: false, slowStart: .zero,
          healthCheckPath: "/v1/models?short=1", healthCheckInterval: .seconds(5),
          healthCheckTimeout: .milliseconds(1500), connectTimeout: .milliseconds(250), firstByteTimeout: nil,
          idleTimeout: .seconds(30), totalTimeout: nil, retryBudgetPercent: 10, maxConnections: 64, maxPending: 0,
          maxRequests: 32, minIdleConnections: 4, connectionIdleTimeout: .seconds(20),
          hedgeAfter: .after(.milliseconds(800))))
    #expect(
      document.providers.models[1].reliability
        == ReliabilitySettings(
          connectTimeout: .seconds(1), idleTimeout: .seconds(30), totalTimeout: .seconds(3600),
          hedgeAfter: .firstByteP95))
    #expect(
      document.global.gateway
        == GatewayLimits(
          maxRequests: 500, maxBufferedBytes: 536_870_912, maxConnections: 600, bodyLimit: 8_388_608,
          uploadLimit: 2_147_483_648, drainTimeout: .seconds(120), clientIdleTimeout: nil,
          requestReadTimeout: .seconds(10),
          priorityHeader: "x-priority", prefixBlocks: 4_000_000, endpointsFile: "fleet/endpoints.yaml",
          usersFile: "state/users.db", usersTokenVariable: "USERS_TOKEN"))
    #expect(document.providers.models.map(\.balancing.requestsPerSecond) == [20, nil])
    #expect(
      document.providers.models[0].balancing.profiles == [
        "chat": BalancingProfile("sticky"),
        "bulk": BalancingProfile(
          "throughput", promptTokens: TokenSpan(atLeast: 1_000, below: 8_000),
          maxTokens: TokenSpan(atLeast: 1, below: 100), requestsPerSecond: 5),
      ])
    #expect(
      document.providers.models[0].adapterSources == ["sql": "/adapters/sql", "law": "huggingface://org/law"])
    #expect(document.providers.models.map(\.loadsAdapters) == [true, false])
    #expect(document.providers.models[0].balancing.defaultProfile == "auto")
    #expect(document.providers.models.map(\.balancing.isAuthoritative) == [true, false])
    #expect(document.providers.models[0].backends[0].labels == ["zone": "a", "example.com/tier": "gold"])
    #expect(
      document.providers.models.map(\.balancing.residency) == [
        ResidencySettings(isExact: true, tokenizeTimeout: .milliseconds(80), cpuTier: 0.9, diskTier: 0.25),
        ResidencySettings(),
      ])
    let backends = document.providers.models.flatMap(\.backends)
    #expect(backends.compactMap(\.metricsPort) == [9_000] && backends[0].metricsPort == 9_000)
    #expect(backends.compactMap(\.cacheEvents) == [CacheEventEndpoints(publisher: "tcp://m:6000", replay: nil)])
    let pair = EndpointsDocument.Role.allCases.dropFirst().map { EndpointDetails(role: $0, roleset: "set-0") }
    #expect(backends.map(\.endpoint) == [nil, pair[0], pair[1], nil, nil])
  }

  @Test("what is left out has its default")
  func defaults() throws {
    let document = try load(
      """
      listeners: [{port: 1, tls: {cert_file: a, key_file: b}, cors: {allow_origins: ["*"]}}, {port: 2}]
      providers: {defaults: {reliability: {}}, models: [{name: m, reliability: {}, backend_refs: [{endpoint: h}]}]}
      routing: {}
      global: {gateway: {}}
      """
    ).document
    let tls = try #require(document.listeners[0].tls)
    #expect(tls.clientCAFile == nil)
    #expect(tls.clientAuthentication == .none)
    #expect(tls.minimumVersion == .tls12)
    #expect(tls.applicationProtocols == ["h2", "http/1.1"])
    let cors = try #require(document.listeners[0].cors)
    #expect(cors.allowedMethods == ["GET", "POST", "OPTIONS"])
    #expect(cors.allowedHeaders == ["*"])
    #expect(cors.exposedHeaders == ["*"])
    #expect(!cors.allowsCredentials)
    #expect(cors.maxAge == .seconds(600))
    #expect(cors.allowsEveryOrigin)
    #expect(document.listeners[1] == Listener(name: "listener-2", address: "0.0.0.0", port: 2))
    #expect(document.providers.models[0].reliability == .defaults)
    #expect(document.global.gateway == GatewayLimits())
    let reliability = ReliabilitySettings.defaults
    #expect(reliability.attempts == 3)
    #expect(reliability.connectTimeout == .seconds(5))
    #expect(reliability.firstByteTimeout == .seconds(600))
    #expect(reliability.idleTimeout == .seconds(300))
    #expect(reliability.totalTimeout == nil)
  }

  @Test("a client CA asks for certificates unless told otherwise")
  func clientAuthentication() throws {
    let listeners = try load(
      """
      listeners:
        - {port: 1, tls: {cert_file: a, key_file: b, client_ca_file: c}}
        - {port: 2, tls: {cert_file: a, key_file: b, client_ca_file: c, client_auth: none}}
      routing: {}
      """
    ).document.listeners
    #expect(listeners.map { $0.tls?.clientAuthentication } == [.require, ListenerTLS.ClientAuthentication.none])
  }

  @Test("a model's key wins over the one of all models, key by key")
  func inheritance() throws {
    let models = try load(
      """
      providers:
        defaults: {reliability: {retry_count: 0, idle_timeout: 10s, max_requests: 8, hedge_after: 1s}}
        models:
          - {name: a, backend_refs: [{endpoint: h}], reliability: {idle_timeout: 20s}}
          - {name: b, backend_refs: [{endpoint: h}], reliability: {retry_count: 1, max_requests: none, hedge_after: none}}
          - {name: c, backend_refs: [{endpoint: h}]}
      routing: {}
      """
    ).document.providers.models.map(\.reliability)
    #expect(models.map(\.retryCount) == [0, 1, 0])
    #expect(models.map(\.idleTimeout) == [.seconds(20), .seconds(10), .seconds(10)])
    #expect(models.map(\.maxRequests) == [8, nil, 8])
    #expect(models.map(\.hedgeAfter) == [.after(.seconds(1)), nil, .after(.seconds(1))])
  }

  @Test("a first ejection that is longer than the longest by default makes that as long")
  func longEjection() throws {
    let settings = try load(
      """
      providers:
        defaults: {reliability: {base_ejection_time: 10m}}
        models: [{name: m, backend_refs: [{endpoint: h}], reliability: {base_ejection_time: 20m}}]
      routing: {}
      """
    ).document.providers.models[0].reliability
    #expect(settings.baseEjectionTime == .seconds(1200))
    #expect(settings.maxEjectionTime == .seconds(1200))
  }

  @Test("a year stands for every longer time")
  func longTimes() throws {
    let document = try load(
      """
      listeners: [{port: 1, timeout: 99999999999999999999}]
      providers: {models: [{name: m, backend_refs: [{endpoint: h}], reliability: {idle_timeout: 99999999h}}]}
      routing: {}
      """
    ).document
    #expect(document.listeners[0].timeoutSeconds == 31_536_000)
    #expect(document.providers.models[0].reliability.idleTimeout == .seconds(31_536_000))
  }

  @Test("flat files keep the reliability of their models")
  func flat() throws {
    let loaded = try load(
      """
      vllm_endpoints: [{name: e, address: h, port: 1}]
      model_config: {m: {preferred_endpoints: [e], reliability: {retry_count: 4}}}
      """)
    #expect(loaded.wasMigrated)
    #expect(loaded.document.providers.models[0].reliability.retryCount == 4)
  }

  @Test("an empty kv_events stands for the usual ports of the host")
  func usualCacheEvents() throws {
    let backends = try load(
      """
      providers:
        models: [{name: m, backend_refs: [{endpoint: "h:1", kv_events: {}}, {endpoint: "[::1]:2", kv_events: {}}]}]
      routing: {}
      """
    ).document.providers.models[0].backends
    #expect(
      backends.map(\.cacheEvents) == [
        CacheEventEndpoints(publisher: "tcp://h:5557", replay: "tcp://h:5558"),
        CacheEventEndpoints(publisher: "tcp://[::1]:5557", replay: "tcp://[::1]:5558"),
      ])
  }

  @Test("the example of the reference loads without a warning")
  func example() throws {
    let loaded = try load(ConfigurationReference.example, strict: true)
    #expect(loaded.warnings.isEmpty)
    #expect(try Samples.text("docs/configuration.md").contains("```yaml\n\(ConfigurationReference.example)\n```\n"))
    let settings = try #require(loaded.document.providers.models.first).reliability
    #expect(settings.totalTimeout == .seconds(1_800))
    #expect(settings.idleTimeout == .seconds(30))
  }
}

extension OptionDefinition {
  /// Every flag, in the order of the help text.
  static let all: [OptionDefinition] =
    identity + adapters + size + answers + times + cache + failures + operation + logging

  private static let noDataset = Absence.warn("there is no dataset in this build; answers are random sentences")
  private static let noRender = Absence.warn("the built-in tokenizer is used; no render service is asked")
  private static let noImages = Absence.warn("this build makes no images")

  private static let identity: [OptionDefinition] = [
    .custom("config", .one, .both, default: "", "YAML file whose keys are the flags' names; flags override it") {
      _, _ throws(OptionError) in
    },
    .custom("compat", .one, .switchyard, default: "latest", "generation to behave like: latest or v0.5.0") {
      options, input throws(OptionError) in
      let text = try input.text()
      guard let level = CompatibilityLevel(rawValue: text.hasPrefix("0.") ? "v" + text : text) else {
        throw OptionError("\(input.place): \"\(text)\" is not a known generation; write latest or v0.5.0")
      }
      options.compatibility = level
    },
    .text("host", \.host, .switchyard, "address to listen on; empty: all interfaces (IPv4)"),
    .integer("port", \.port, in: 0...65_535, .both, "port to listen on; 0: the kernel chooses and it is printed"),
    .text("model", \.model, .both, "model to simulate; mandatory"),
    .custom(
      "served-model-name", .list, .both, default: "the model",
      "names that requests may use; the first is shown in responses and metrics"
    ) { options, input throws(OptionError) in
      guard !input.values.contains(where: \.isEmpty) else { throw OptionError("\(input.place): a name is empty") }
      options.servedModelNames = input.values
    },
    .custom("seed", .one, .both, default: "the clock", "seed of everything random, identifiers too") {
      options, input throws(OptionError) in
      options.seed = UInt64(bitPattern: Int64(try input.integer(in: .min ... .max)))
    },
  ]

  private static let adapters: [OptionDefinition] = [
    .custom(
      "lora-modules", .list, .both, default: "",
      "adapters, each a JSON object {\"name\",\"path\",\"base_model_name\"}"
    ) { options, input throws(OptionError) in
      var modules: [LoRAModule] = []
      for json in input.values { modules.append(try LoRAModule(json: json, place: input.place)) }
      options.loraModules = modules
    },
    .integer("max-loras", \.maxLoRAs, in: 1...65_536, .both, "adapters that may be loaded at once"),
    .integer(
      "max-cpu-loras", \.maxCPULoRAs, in: 1...1_048_576, .both,
      "adapters in CPU memory, at least max-loras; only checked",
      defaultText: "max-loras"),
  ]

  private static let size: [OptionDefinition] = [
    .integer("max-model-len", \.maxModelLength, in: 1...4_194_304, .both, "context window in tokens"),
    .integer("max-num-seqs", \.maxSequences, in: 1...65_536, .both, "requests processed at once"),
    .integer(
      "max-waiting-queue-length", \.maxWaitingQueueLength, in: 0...1_000_000, .latest,
      "requests that may wait; more are answered 429"),
    .custom(
      "max-request-body-size-mb", .one, .latest, default: "64 (v0.5.0: 4)",
      "largest request body in MiB, 1-512; larger: 413"
    ) { options, input throws(OptionError) in options.maxRequestBodySizeMiB = try input.integer(in: 1...512) },
  ]

  private static let answers: [OptionDefinition] = [
    .choice("mode", \.mode, .both, "random: random sentences; echo: the request's own text"),
    .integer(
      "max-tool-call-integer-param", \.maxToolCallInteger, in: .min ... .max, .both, "largest integer in a tool call"),
    .integer(
      "min-tool-call-integer-param", \.minToolCallInteger, in: .min ... .max, .both, "smallest integer in a tool call"),
    .number(
      "max-tool-call-number-param", \.maxToolCallNumber, in: -1e300...1e300, .both, "largest number in a tool call"),
    .number(
      "min-tool-call-number-param", \.minToolCallNumber, in: -1e300...1e300, .both, "smallest number in a tool call"),
    .integer(
      "max-tool-call-array-param-length", \.maxToolCallArrayLength, in: 0...10_000, .both,
      "longest array in a tool call"),
    .integer(
      "min-tool-call-array-param-length", \.minToolCallArrayLength, in: 0...10_000, .both,
      "shortest array in a tool call"),
    .integer(
      "tool-call-not-required-param-probability", \.optionalParameterProbability, in: 0...100, .both,
      "percent of tool calls that set a parameter that is not required"),
    .integer(
      "object-tool-call-not-required-field-probability", \.optionalFieldProbability, in: 0...100, .both,
      "percent of nested objects that set a field that is not required"),
    .integer(
      "tool-call-extra-call-probability", \.extraToolCallProbability, in: 0...100, .latest,
      "percent chance of each further tool call"),
    .flag("skip-tool-validation", \.skipsToolValidation, .latest, "take tools without checking their schema"),
    .integer(
      "default-embedding-dimensions", \.embeddingDimensions, in: 1...65_536, .latest, "length of an embedding"),
    .text("dataset-path", \.unsupported.datasetPath, .latest, "SQLite file of answers", absence: noDataset),
    .text("dataset-url", \.unsupported.datasetURL, .latest, "where to download the dataset", absence: noDataset),
    .flag(
      "dataset-in-memory", \.unsupported.datasetInMemory, .latest, "keep the dataset in memory", absence: noDataset),
    .text("dataset-table-name", \.unsupported.datasetTableName, .latest, "table of the dataset", absence: noDataset),
    .text("render-url", \.unsupported.renderURL, .latest, "tokenizer service", absence: noRender),
    .duration(
      "render-timeout", \.unsupported.renderTimeoutMilliseconds, .latest, "its time limit", absence: noRender),
    .duration(
      "mm-render-timeout", \.unsupported.multimodalRenderTimeoutMilliseconds, .latest,
      "its time limit for multimodal requests", absence: noRender),
    .flag(
      "force-dummy-tokenizer", \.unsupported.forcesDummyTokenizer, .latest, "use the built-in tokenizer; always so here"
    ),
    .text(
      "tokenizers-cache-dir", \.unsupported.tokenizersCacheDirectory, .v050, "folder of tokenizers",
      absence: .warn("the built-in tokenizer is used; no tokenizer is loaded")),
    .flag(
      "mm-encoder-only", \.unsupported.encoderOnly, .latest, "encoder-only mode",
      absence: .refuse("this build has no encoder-only mode")),
    .flag("no-mm-encoder-only", \.unsupported.encoderOnly, .latest, "the opposite", sets: false),
    .flag(
      "omni", \.unsupported.omni, .latest, "image-generating mode",
      absence: .refuse("this build makes no images; leave the flag out")),
    .flag("no-omni", \.unsupported.omni, .latest, "the opposite", sets: false),
    .integer(
      "image-emission-rate", \.unsupported.imageEmissionRate, in: 0...100, .latest, "percent of answers with an image",
      absence: noImages),
    .duration("time-to-generate-image", \.unsupported.imageTime.mean, .latest, "time of an image", absence: noImages),
    .duration(
      "time-to-generate-image-std-dev", \.unsupported.imageTime.standardDeviation, .latest, "its standard deviation",
      absence: noImages),
  ]

  private static let times: [OptionDefinition] = [
    .duration("time-to-first-token", \.latency.timeToFirstToken.mean, .both, "time to the first token"),
    .duration(
      "time-to-first-token-std-dev", \.latency.timeToFirstToken.standardDeviation, .both,
      "its standard deviation, at most 30 % of it"),
    .duration("inter-token-latency", \.latency.interToken.mean, .both, "time between two tokens"),
    .duration(
      "inter-token-latency-std-dev", \.latency.interToken.standardDeviation, .both,
      "its standard deviation, at most 30 % of it"),
    .duration(
      "kv-cache-transfer-latency", \.latency.cacheTransfer.mean, .both,
      "replaces the time to the first token after a remote prefill"),
    .duration(
      "kv-cache-transfer-latency-std-dev", \.latency.cacheTransfer.standardDeviation, .both,
      "its standard deviation, at most 30 % of it"),
    .duration(
      "prefill-overhead", \.latency.prefillOverhead, .both,
      "constant share of a prefill; used when the time to the first token is 0"),
    .duration("prefill-time-per-token", \.latency.prefillPerToken.mean, .both, "share of each uncached prompt token"),
    .duration(
      "prefill-time-std-dev", \.latency.prefillPerToken.standardDeviation, .both,
      "standard deviation of the whole prefill"),
    .duration(
      "kv-cache-transfer-time-per-token", \.latency.cacheTransferPerToken.mean, .both,
      "transfer time of each prompt token; used when the transfer latency is 0"),
    .duration(
      "kv-cache-transfer-time-std-dev", \.latency.cacheTransferPerToken.standardDeviation, .both,
      "standard deviation of the whole transfer"),
    .choice(
      "latency-calculator", \.latency.calculator, .latest, "constant or per-token; empty: by which flags are set"),
    .number(
      "time-factor-under-load", \.latency.factorUnderLoad, in: 1...1e6, .both,
      "how many times slower a full engine is than an idle one"),
    .duration("startup-duration", \.startupMilliseconds, .latest, "time during which /health/ready answers 503"),
  ]

  private static let cache: [OptionDefinition] = [
    .flag("enable-kvcache", \.cachesKV, .both, "simulate the prefix cache"),
    .integer("kv-cache-size", \.kvCacheSize, in: 1...16_777_216, .both, "blocks in the cache"),
    .custom("block-size", .one, .both, default: "16", "tokens in a block: 8, 16, 32, 64 or 128") {
      options, input throws(OptionError) in
      let size = try input.integer(in: 1...1024)
      guard [8, 16, 32, 64, 128].contains(size) else {
        throw OptionError("\(input.place): \(size) is not a block size; it must be 8, 16, 32, 64 or 128")
      }
      options.blockSize = size
    },
    .text("hash-seed", \.hashSeed, .both, "seed of the block hashes; else PYTHONHASHSEED"),
    .number(
      "global-cache-hit-threshold", \.globalCacheHitThreshold, in: 0...1, .latest,
      "share of cached prompt tokens below which a request ends with cache_threshold"),
    .choice(
      "role", \.role, .switchyard,
      "prefill: caches are kept for engines that decode; decode: they are fetched first; "
        + "empty: neither"),
    .choice(
      "hand-over", \.handOver, .switchyard,
      "whose fields tell of a cache, for an engine with a role: vllm, sglang or trtllm"
    ),
    .duration(
      "hand-over-wait", \.handOverWaitMilliseconds, .switchyard,
      "how long an engine that decodes waits for a cache (sglang); then 500"),
    .text(
      "zmq-endpoint", \.events.endpoint, .both,
      "subscriber that KV-cache events go to; tcp://*:PORT listens; else tcp://127.0.0.1:5557"),
    .integer(
      "zmq-max-connect-attempts", \.unsupported.zmqMaxConnectAttempts, in: 0...10, .v050,
      "connection attempts, at most 10"),
    .integer("event-batch-size", \.eventBatchSize, in: 1...1_000_000, .both, "events in a message"),
    .flag("use-vllm-map-event-format", \.events.usesMaps, .latest, "events as maps"),
    .text("kv-events-replay-endpoint", \.events.replayEndpoint, .latest, "listens there and replays events"),
    .integer(
      "kv-events-replay-queue-size", \.events.replayQueueSize, in: 1...1_000_000, .latest,
      "messages kept for replay"),
  ]

  private static let failures: [OptionDefinition] = [
    .integer("failure-injection-rate", \.failureInjectionRate, in: 0...100, .both, "percent of requests that fail"),
    .custom(
      "failure-types", .list, .both, default: "all",
      "rate_limit, invalid_api_key, context_length, server_error, invalid_request, model_not_found"
    ) { options, input throws(OptionError) in
      let names = input.values.flatMap { $0.split(separator: ",").map(String.init) }
      options.failureKinds = try FailureKind.list(names, place: input.place)
    },
    .custom("fake-metrics", .one, .both, default: "", "JSON object of the values that /metrics shows") {
      options, input throws(OptionError) in
      options.fakeMetrics = try FakeMetrics(json: try input.text(), place: input.place)
    },
    .duration(
      "fake-metrics-refresh-interval", \.fakeMetricsRefreshMilliseconds, .latest, "step of the fake metrics' functions"),
  ]

  private static let operation: [OptionDefinition] = [
    .integer("data-parallel-size", \.dataParallelSize, in: 1...8, .both, "engines; rank r listens on port + r"),
    .integer(
      "data-parallel-rank", \.dataParallelRank, in: -1...7, .latest, "this engine's rank; one engine is started"),
    .flag("enable-sleep-mode", \.sleepModeEnabled, .latest, "with VLLM_SERVER_DEV_MODE=1: serve /sleep and /wake_up"),
    .flag("no-enable-sleep-mode", \.sleepModeEnabled, .latest, "the opposite", sets: false),
    .flag("enable-request-id-headers", \.echoesRequestID, .latest, "echo X-Request-Id; always so here"),
    .flag("log-http", \.logsHTTP, .latest, "a line on standard error for each request"),
    .text("ssl-certfile", \.tls.certificateFile, .latest, "serve HTTPS with this PEM certificate chain"),
    .text("ssl-keyfile", \.tls.keyFile, .latest, "its PEM private key, without a passphrase"),
    .flag(
      "self-signed-certs", \.tls.usesSelfSignedCertificate, .latest,
      "serve HTTPS with a certificate made at the start; not together with the files"),
    .ignored("mm-processor-kwargs", arity: .one, .latest, "accepted and ignored"),
    .ignored("ec-transfer-config", arity: .one, .latest, "accepted and ignored"),
    .ignored("enforce-eager", arity: .flag, .latest, "accepted and ignored"),
    .ignored("enable-prefix-caching", arity: .flag, .latest, "accepted and ignored"),
    .ignored("no-enable-prefix-caching", arity: .flag, .latest, "accepted and ignored"),
    .ignored("tensor-parallel-size", arity: .one, .latest, "accepted and ignored"),
  ]

  private static let logging: [OptionDefinition] =
    ["v", "vmodule", "log_file", "log_dir", "log_file_max_size", "log_backtrace_at", "stderrthreshold"].map {
      .ignored($0, arity: .one, .both, "logging flag, accepted and ignored")
    }
    + ["logtostderr", "alsologtostderr", "add_dir_header", "one_output", "skip_headers", "skip_log_headers"].map {
      .ignored($0, arity: .flag, .both, "logging flag, accepted and ignored")
    }
}

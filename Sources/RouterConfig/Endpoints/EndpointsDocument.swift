/// The endpoints file: which engines serve which models, in a file that other tools write and that is read again when it
/// changes.
///
/// The shape is that of AIBrix's standalone endpoints file, with optional extras (marked `+`):
///
/// ```yaml
/// models:
///   - name: llama                     # the model's name
///     engine: vllm                    # vllm, sglang, trtllm, xllm; tells the dialect of its metrics
///     adapters: [math, {name: law, source: /adapters/law}]   # + adapters that all its endpoints serve
///     load_adapters: true             # + those with a source are loaded when they are asked for
///     labels: {tier: gold}            # + labels of all its endpoints
///     endpoints:
///       - 10.0.0.7:8000
///       - {address: "https://gpu-8.example:8443", name: gpu-8, weight: 2, metrics_port: 9000,
///          kv_events: {endpoint: "tcp://gpu-8.example:5557", replay_endpoint: none},
///          adapters: [sql], labels: {zone: a}}   # + an endpoint with more to say
///   - name: deepseek
///     engine: sglang
///     rolesets:                       # prefill and decode on engines of their own
///       - {name: set-0, prefill: [10.0.1.1:8000], decode: [10.0.1.2:8000, 10.0.1.3:8000]}
/// ```
///
/// Of the labels three have a meaning, as on AIBrix's pods: `model.aibrix.ai/kv-events-enabled: "true"` stands for
/// `kv_events: {}`, the usual ports of the endpoint's host, and `model.aibrix.ai/metric-port` for `metrics_port`. The keys
/// win over them. `model.aibrix.ai/sglang-bootstrap-port` tells where a prefilling SGLang engine waits for those that decode.
/// The annotation `model.aibrix.ai/config` of a model, or else that of its first endpoint with one, brings profiles
/// (``AIBrixConfigAnnotation``); it may also stand among the labels.
///
/// A model has `endpoints` or `rolesets`; an empty list of endpoints is a model that nothing serves at present.
public struct EndpointsDocument: Sendable, Equatable {
  /// The engines whose metrics can be read, by every name that is taken.
  public static let engines = [
    "vllm", "vllm-v1", "vllm-v0", "sglang", "trtllm", "tensorrt-llm", "tensorrtllm", "trt-llm", "xllm",
  ]

  /// Endpoints of a file at most.
  public static let endpointLimit = 10_000

  /// What an endpoint does for a request.
  public enum Role: String, Sendable, Equatable, CaseIterable {
    /// The whole request.
    case both
    /// The first token, whose cache a decoding endpoint of the same roleset takes over.
    case prefill
    case decode
  }

  public struct Endpoint: Sendable, Equatable {
    /// Shown in traces, metrics and logs; `host:port` unless the file names it.
    public var name: String
    public var host: String
    public var port: Int
    public var usesTLS: Bool
    public var role: Role
    /// Endpoints that hand their caches to one another; nil outside rolesets.
    public var roleset: String?
    /// Share of the traffic relative to its siblings; 0 takes none.
    public var weight: Int
    /// Where its metrics are; nil is ``port``.
    public var metricsPort: Int?
    /// Where its KV events are; nil means that they are not listened to.
    public var cacheEvents: CacheEventEndpoints?
    /// The model's adapters, then its own.
    public var adapters: [String]
    /// The model's labels, its own going before them.
    public var labels: [String: String]
    /// Its own.
    public var annotations: [String: String] = [:]

    /// `host:port`, IPv6 hosts in brackets.
    public var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  public struct Model: Sendable, Equatable {
    public var name: String
    /// As the file says it, in lower case; nil when it does not.
    public var engine: String?
    public var adapters: [String]
    public var endpoints: [Endpoint]
    /// Where engines find adapters, by name; the model's own and those of its endpoints.
    public var adapterSources: [String: String] = [:]
    public var loadsAdapters = false
    /// What AIBrix's annotation says of how they are picked; nil without one.
    public var balancing: BalancingSettings?
  }

  public var models: [Model]

  public init(models: [Model] = []) { self.models = models }

  /// Which endpoints, by `host:port`, serve which adapters of which models: for adapters that not all endpoints have.
  public var adapterHolders: [String: [String: Set<String>]] {
    var holders: [String: [String: Set<String>]] = [:]
    for model in models {
      for endpoint in model.endpoints {
        for adapter in endpoint.adapters where !model.adapters.contains(adapter) {
          holders[model.name, default: [:]][adapter, default: []].insert(endpoint.authority)
        }
      }
    }
    return holders
  }

  /// Reads a file. Pure; a few milliseconds for a thousand endpoints.
  ///
  /// - Parameter file: its name for messages.
  /// - Returns: the document, and warnings about keys and engines that are not known.
  /// - Throws: every error found, with line and column.
  public static func load(
    _ bytes: [UInt8], file: String
  ) throws(ConfigurationProblems) -> (document: EndpointsDocument, warnings: [ConfigurationProblem]) {
    var decoder = EndpointsDecoder(log: ProblemLog(file: file, root: try YAMLReader.read(bytes, file: file)))
    let document = decoder.document()
    let (errors, warnings) = decoder.log.sorted()
    guard errors.isEmpty else { throw ConfigurationProblems(errors + warnings) }
    return (document, warnings)
  }
}

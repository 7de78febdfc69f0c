#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder as the model hub lays it out: `config.json`, `tokenizer.json`, `model.safetensors`, for sentence
/// transformers `1_Pooling/config.json` and `modules.json`, for an adapter `adapter_config.json` and
/// `adapter_model.safetensors`.
struct ModelFolder {
  let path: String

  init(path: String) throws(EncoderModelError) {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = trimmed
    for name in ["config.json", "tokenizer.json"] where !has(name) {
      throw EncoderModelError(
        trimmed, "lacks \(name); a model's folder holds config.json, tokenizer.json, model.safetensors")
    }
  }

  func has(_ name: String) -> Bool { access("\(path)/\(name)", R_OK) == 0 }

  func file(_ name: String) throws(EncoderModelError) -> MappedFile { try MappedFile(path: "\(path)/\(name)") }

  /// Reads a JSON file of the folder.
  func json<Value>(
    _ name: String, _ body: (JSONNode) throws(EncoderModelError) -> Value
  ) throws(EncoderModelError) -> Value {
    let file = try file(name)
    return try body(try JSONNode(file.bytes, path: file.path))
  }

  // MARK: The shape

  func configuration() throws(EncoderModelError) -> EncoderConfiguration {
    var configuration = try json("config.json") { node throws(EncoderModelError) in
      try Self.configuration(node, path: "\(path)/config.json")
    }
    if has("1_Pooling/config.json") {
      configuration.pooling = try json("1_Pooling/config.json") { node throws(EncoderModelError) in
        let file = "\(path)/1_Pooling/config.json"
        if node["pooling_mode_cls_token"]?.boolean == true { return .first }
        guard node["pooling_mode_mean_tokens"]?.boolean == true else {
          throw EncoderModelError(file, "pools neither the mean nor the first token; only these are supported")
        }
        return .mean
      }
    }
    if has("modules.json") {
      configuration.normalizes = try json("modules.json") { node throws(EncoderModelError) in
        var normalizes = false
        for module in node.elements {
          let type = module["type"]?.string ?? ""
          switch type.split(separator: ".").last ?? "" {
          case "Normalize": normalizes = true
          case "Transformer", "Pooling": break
          default:
            throw EncoderModelError(
              "\(path)/modules.json", "module \(type) is not supported; there are: Transformer, Pooling, Normalize")
          }
        }
        return normalizes
      }
    }
    if has("sentence_bert_config.json") {
      let longest = try json("sentence_bert_config.json") { $0["max_seq_length"]?.integer }
      if let longest, longest > 2 { configuration.longestInput = min(configuration.longestInput, longest) }
    }
    return configuration
  }

  private static func configuration(
    _ node: JSONNode, path: String
  ) throws(EncoderModelError) -> EncoderConfiguration {
    func integer(_ name: StaticString, in range: ClosedRange<Int>) throws(EncoderModelError) -> Int {
      guard let value = node[name]?.integer, range.contains(value) else {
        throw EncoderModelError(path, "\(name): a number from \(range.lowerBound) to \(range.upperBound) is needed")
      }
      return value
    }
    let type = node["model_type"]?.string ?? "none"
    guard let architecture = EncoderConfiguration.Architecture(rawValue: type) else {
      throw EncoderModelError(path, "model_type \(type) is not supported; there are: bert, modernbert")
    }
    let isModern = architecture == .modernBERT
    let activation = node[isModern ? "hidden_activation" : "hidden_act"]?.string ?? "gelu"
    guard activation == "gelu" else {
      throw EncoderModelError(path, "activation \(activation) is not supported; there is: gelu")
    }
    if let kind = node["position_embedding_type"]?.string, !isModern, kind != "absolute" {
      throw EncoderModelError(path, "position_embedding_type \(kind) is not supported; there is: absolute")
    }
    var configuration = EncoderConfiguration(
      architecture: architecture, vocabularySize: try integer("vocab_size", in: 1...1 << 24),
      width: try integer("hidden_size", in: 16...8192), layers: try integer("num_hidden_layers", in: 1...256),
      heads: try integer("num_attention_heads", in: 1...512),
      innerWidth: try integer("intermediate_size", in: 1...65_536),
      longestInput: try integer("max_position_embeddings", in: 8...1 << 20),
      epsilon: Float(node[isModern ? "norm_eps" : "layer_norm_eps"]?.double ?? (isModern ? 1e-5 : 1e-12)),
      pooling: isModern && node["classifier_pooling"]?.string == "cls" ? .first : .mean, normalizes: false)
    guard configuration.width % configuration.heads == 0, configuration.headWidth % 16 == 0 else {
      throw EncoderModelError(
        path,
        "a head's width, hidden_size / num_attention_heads, must be a multiple of 16: \(configuration.width) / \(configuration.heads)"
      )
    }
    if isModern { try readModern(node, path: path, into: &configuration) }
    return configuration
  }

  private static func readModern(
    _ node: JSONNode, path: String, into configuration: inout EncoderConfiguration
  ) throws(EncoderModelError) {
    configuration.globalEvery = max(1, node["global_attn_every_n_layers"]?.integer ?? 3)
    configuration.localReach = max(1, (node["local_attention"]?.integer ?? 128) / 2)
    let globalBase = node["global_rope_theta"]?.double ?? 160_000
    configuration.globalRotation = Rotation(base: globalBase)
    configuration.localRotation = Rotation(base: node["local_rope_theta"]?.double ?? 10_000)
    // Later versions of the format write a section a kind of layer.
    if let parameters = node["rope_parameters"] {
      if let full = parameters["full_attention"] { configuration.globalRotation = try rotation(full, globalBase, path) }
      if let local = parameters["sliding_attention"] {
        configuration.localRotation = try rotation(local, configuration.localRotation.base, path)
      }
      if parameters["full_attention"] == nil, parameters["sliding_attention"] == nil {
        configuration.globalRotation = try rotation(parameters, globalBase, path)
        configuration.localRotation = configuration.globalRotation
      }
    } else if let scaling = node["rope_scaling"] {
      configuration.globalRotation = try rotation(scaling, globalBase, path)
      if let stretch = configuration.globalRotation.stretch {
        configuration.localRotation.stretch = stretch
      }
    }
  }

  private static func rotation(_ node: JSONNode, _ base: Double, _ path: String) throws(EncoderModelError) -> Rotation {
    let base = node["rope_theta"]?.double ?? base
    switch node["rope_type"]?.string ?? node["type"]?.string ?? "default" {
    case "default": return Rotation(base: base)
    case "yarn":
      guard let factor = node["factor"]?.double, factor >= 1,
        let original = node["original_max_position_embeddings"]?.double, original >= 1
      else { throw EncoderModelError(path, "yarn: factor and original_max_position_embeddings are needed") }
      return Rotation(
        base: base,
        stretch: Rotation.Stretch(
          factor: factor, original: original, fast: node["beta_fast"]?.double ?? 32,
          slow: node["beta_slow"]?.double ?? 1, scale: node["attention_factor"]?.double))
    case let type: throw EncoderModelError(path, "rope_type \(type) is not supported; there are: default, yarn")
    }
  }

  /// The classes of a head, in the order of their indices.
  func labels() throws(EncoderModelError) -> [String] {
    try json("config.json") { node in
      var labels: [Int: String] = [:]
      node["id2label"]?.forEachEntry { key, value in
        if let index = Int(String(decoding: key, as: UTF8.self)), let label = value.string { labels[index] = label }
      }
      return labels.keys.sorted().compactMap { labels[$0] }
    }
  }

  /// The kind of head that `architectures` names.
  func isTokenClassifier() throws(EncoderModelError) -> Bool {
    try json("config.json") { node in
      (node["architectures"]?.elements ?? []).contains { $0.string?.hasSuffix("ForTokenClassification") ?? false }
    }
  }
}

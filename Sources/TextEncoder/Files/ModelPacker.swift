import CTextKernels
import Digests

/// Turns the checkpoint of a folder into the bytes of a packed file.
struct ModelPacker {
  private let folder: ModelFolder
  private let configuration: EncoderConfiguration
  private let source: TensorSource
  private var writer = TensorFileWriter()

  init(folder: ModelFolder) throws(EncoderModelError) {
    self.folder = folder
    configuration = try folder.configuration()
    guard folder.has("model.safetensors") else {
      throw EncoderModelError(
        folder.path,
        "lacks model.safetensors (weights in one file; an adapter's folder needs its base model's beside it)")
    }
    source = TensorSource(
      try TensorFile(path: "\(folder.path)/model.safetensors"),
      adapter: folder.has("adapter_config.json") ? try LowRankAdapter(folder) : nil, prefixes: ["", "bert.", "model."])
  }

  func bytes() throws(EncoderModelError) -> [UInt8] {
    var packer = self
    let tokenizer = try folder.file("tokenizer.json")
    let parsed = try Tokenizer(json: tokenizer.bytes, path: tokenizer.path)
    guard parsed.vocabularySize <= configuration.vocabularySize else {
      throw EncoderModelError(
        tokenizer.path,
        "has ids up to \(parsed.vocabularySize - 1), the model only \(configuration.vocabularySize) embeddings")
    }
    packer.writer.add("tokenizer.json", .uint8, [tokenizer.bytes.count], Array(tokenizer.bytes))
    switch configuration.architecture {
    case .bert: try packer.addBert()
    case .modernBERT: try packer.addModern()
    }
    var metadata: [(name: String, value: String)] = [
      ("checksum", "0000000000000000"), ("format", "switchyard-encoder"), ("version", PackedModel.version),
    ]
    metadata += MetadataFields.texts(configuration) + [("weights", source.digest())]
    if let (kind, labels) = try packer.addHead() {
      metadata += [("head", kind.rawValue), ("labels", labels.joined(separator: "\n"))]
    }
    try source.refuseUnread()
    return packer.writer.bytes(metadata: metadata)
  }

  // MARK: Parts

  private mutating func add(_ name: String, _ values: [Float]) { writer.add(name, values, [values.count]) }

  private mutating func addNorm(_ name: String, _ source: String) throws(EncoderModelError) {
    let width = configuration.width
    add("\(name).gamma", try self.source.floats("\(source).weight", [width]))
    if let beta = try self.source.floatsIfPresent("\(source).bias", [width]) { add("\(name).beta", beta) }
  }

  private mutating func addWords(_ name: String) throws(EncoderModelError) {
    let (rows, width) = (configuration.vocabularySize, configuration.width)
    let values = try source.floats(name, [rows, width])
    var words = [Int8](repeating: 0, count: rows * width)
    var scales = [Float](repeating: 0, count: rows)
    for row in 0..<rows {
      var peak: Float = 0
      for column in 0..<width { peak = max(peak, abs(values[row * width + column])) }
      guard peak > 1e-30, peak < .infinity else { continue }
      scales[row] = peak / 127
      for column in 0..<width {
        words[row * width + column] = Int8((values[row * width + column] * (127 / peak)).rounded())
      }
    }
    writer.add("embeddings.words", .int8, [rows, width], words.map { UInt8(bitPattern: $0) })
    add("embeddings.words.scales", scales)
  }

  /// Packs matrices that share their input as one.
  private mutating func addLinear(
    _ name: String, _ sources: [(weight: String, bias: String, channels: Int)], width: Int
  ) throws(EncoderModelError) {
    var weights: [Float] = []
    var bias: [Float] = []
    for part in sources {
      weights += try source.floats(part.weight, [part.channels, width])
      bias += try source.floatsIfPresent(part.bias, [part.channels]) ?? []
    }
    let channels = sources.reduce(0) { $0 + $1.channels }
    guard bias.isEmpty || bias.count == channels else {
      throw EncoderModelError(folder.path, "\(name): some of its parts have a bias and some have none")
    }
    let padded = (channels + 15) / 16 * 16
    let paddedWidth = (width + 3) / 4 * 4
    var panels = [Int8](repeating: 0, count: padded * paddedWidth)
    var scales = [Float](repeating: 0, count: padded)
    var sums = [Int32](repeating: 0, count: padded)
    text_pack_weights(weights, channels, width, &panels, &scales, &sums)
    writer.add("\(name).panels", .int8, [padded, paddedWidth], panels.withUnsafeBytes { Array($0) })
    add("\(name).scales", scales)
    writer.add("\(name).sums", .int32, [padded], sums.withUnsafeBytes { Array($0) })
    if !bias.isEmpty { add("\(name).bias", bias + [Float](repeating: 0, count: padded - channels)) }
  }

  private mutating func addBert() throws(EncoderModelError) {
    let (width, inner) = (configuration.width, configuration.innerWidth)
    try addWords("embeddings.word_embeddings.weight")
    // A text is one segment: the first row of the segments' table belongs to every position.
    var positions = try source.floats("embeddings.position_embeddings.weight", [try positionRows(), width])
    let segments = try source.floats("embeddings.token_type_embeddings.weight", [try segmentRows(), width])
    for index in positions.indices { positions[index] += segments[index % width] }
    writer.add("embeddings.positions", positions, [positions.count / width, width])
    try addNorm("embeddings.norm", "embeddings.LayerNorm")
    for layer in 0..<configuration.layers {
      let from = "encoder.layer.\(layer)"
      let to = "layers.\(layer)"
      try addLinear(
        "\(to).attention.in",
        ["query", "key", "value"].map {
          ("\(from).attention.self.\($0).weight", "\(from).attention.self.\($0).bias", width)
        }, width: width)
      try addLinear(
        "\(to).attention.out",
        [("\(from).attention.output.dense.weight", "\(from).attention.output.dense.bias", width)], width: width)
      try addNorm("\(to).attention.norm", "\(from).attention.output.LayerNorm")
      try addLinear(
        "\(to).inner.in", [("\(from).intermediate.dense.weight", "\(from).intermediate.dense.bias", inner)],
        width: width)
      try addLinear(
        "\(to).inner.out", [("\(from).output.dense.weight", "\(from).output.dense.bias", width)], width: inner)
      try addNorm("\(to).inner.norm", "\(from).output.LayerNorm")
    }
  }

  private func positionRows() throws(EncoderModelError) -> Int {
    guard let rows = source.rows(of: "embeddings.position_embeddings.weight"), rows >= configuration.longestInput else {
      throw EncoderModelError(
        folder.path,
        "embeddings.position_embeddings.weight has fewer rows than the model's \(configuration.longestInput) positions")
    }
    return rows
  }

  private func segmentRows() throws(EncoderModelError) -> Int {
    let rows = source.rows(of: "embeddings.token_type_embeddings.weight") ?? 2
    guard rows > 0 else { throw EncoderModelError(folder.path, "embeddings.token_type_embeddings.weight has no rows") }
    return rows
  }

  private mutating func addModern() throws(EncoderModelError) {
    let (width, inner) = (configuration.width, configuration.innerWidth)
    try addWords("embeddings.tok_embeddings.weight")
    try addNorm("embeddings.norm", "embeddings.norm")
    for layer in 0..<configuration.layers {
      let from = "layers.\(layer)"
      if layer > 0 { try addNorm("\(from).attention.norm", "\(from).attn_norm") }
      try addLinear(
        "\(from).attention.in", [("\(from).attn.Wqkv.weight", "\(from).attn.Wqkv.bias", 3 * width)], width: width)
      try addLinear("\(from).attention.out", [("\(from).attn.Wo.weight", "\(from).attn.Wo.bias", width)], width: width)
      try addNorm("\(from).inner.norm", "\(from).mlp_norm")
      try addLinear("\(from).inner.in", [("\(from).mlp.Wi.weight", "\(from).mlp.Wi.bias", 2 * inner)], width: width)
      try addLinear("\(from).inner.out", [("\(from).mlp.Wo.weight", "\(from).mlp.Wo.bias", width)], width: inner)
    }
    try addNorm("norm", "final_norm")
  }

  // MARK: The head

  private mutating func addHead() throws(EncoderModelError) -> (HeadKind, [String])? {
    guard let count = source.rows(of: "classifier.weight") else { return nil }
    let width = configuration.width
    var labels = try folder.labels()
    if labels.isEmpty { labels = (0..<count).map { "LABEL_\($0)" } }
    guard labels.count == count else {
      throw EncoderModelError(folder.path, "config.json names \(labels.count) labels and the classifier has \(count)")
    }
    let kind: HeadKind = try folder.isTokenClassifier() ? .token : .sequence
    writer.add("head.classifier.weight", try source.floats("classifier.weight", [count, width]), [count, width])
    if let bias = try source.floatsIfPresent("classifier.bias", [count]) { add("head.classifier.bias", bias) }
    switch configuration.architecture {
    case .bert:
      guard kind == .sequence else { break }
      writer.add("head.dense.weight", try source.floats("pooler.dense.weight", [width, width]), [width, width])
      add("head.dense.bias", try source.floats("pooler.dense.bias", [width]))
    case .modernBERT:
      writer.add("head.dense.weight", try source.floats("head.dense.weight", [width, width]), [width, width])
      if let bias = try source.floatsIfPresent("head.dense.bias", [width]) { add("head.dense.bias", bias) }
      try addNorm("head.norm", "head.norm")
    }
    return (kind, labels)
  }
}

/// A low-rank adapter (LoRA, in the format of the `peft` library): each adapted matrix gets scale · B · A added, and
/// whole layers, such as the classifier, may come with it.
struct LowRankAdapter {
  let path: String
  let file: TensorFile
  private let scale: Float
  private let rank: Int
  /// Adapted matrix, by its name without model prefixes → its A and B.
  private let pairs: [String: (a: TensorFile.Tensor, b: TensorFile.Tensor)]
  private let replacements: [String: TensorFile.Tensor]

  init(_ folder: ModelFolder) throws(EncoderModelError) {
    let configurationPath = "\(folder.path)/adapter_config.json"
    let configuration: (rank: Int, alpha: Double, usesRootScale: Bool) = try folder.json("adapter_config.json") {
      node throws(EncoderModelError) in
      guard let rank = node["r"]?.integer, rank >= 1, let alpha = node["lora_alpha"]?.double else {
        throw EncoderModelError(configurationPath, "r and lora_alpha are needed")
      }
      if node["use_dora"]?.boolean == true { throw EncoderModelError(configurationPath, "use_dora is not supported") }
      if let bias = node["bias"]?.string, bias != "none" {
        throw EncoderModelError(configurationPath, "bias \(bias) is not supported; there is: none")
      }
      for key: StaticString in ["rank_pattern", "alpha_pattern"] {
        var first: String?
        node[key]?.forEachEntry { name, _ in first = first ?? String(decoding: name, as: UTF8.self) }
        if let first {
          throw EncoderModelError(
            configurationPath,
            "\(key) (\(first)) is not supported: all matrices need the same r and lora_alpha; merge the adapter into its "
              + "model first")
        }
      }
      return (rank, alpha, node["use_rslora"]?.boolean ?? false)
    }
    file = try TensorFile(path: "\(folder.path)/adapter_model.safetensors")
    path = file.path
    rank = configuration.rank
    let divisor = configuration.usesRootScale ? Double(rank).squareRoot() : Double(rank)
    scale = Float(configuration.alpha / divisor)
    var a: [String: TensorFile.Tensor] = [:]
    var b: [String: TensorFile.Tensor] = [:]
    var replacements: [String: TensorFile.Tensor] = [:]
    for (name, tensor) in file.tensors {
      var short = name
      for prefix in ["base_model.model.", "bert.", "model."] where short.hasPrefix(prefix) {
        short.removeFirst(prefix.count)
      }
      short = short.split(separator: ".").filter { $0 != "modules_to_save" && $0 != "default" }.joined(separator: ".")
      if short.hasSuffix(".lora_A.weight") {
        a[short.dropLast(".lora_A.weight".count) + ".weight"] = tensor
      } else if short.hasSuffix(".lora_B.weight") {
        b[short.dropLast(".lora_B.weight".count) + ".weight"] = tensor
      } else if short.contains("lora_") {
        throw EncoderModelError(file.path, "tensor \(name) is not supported; there are lora_A and lora_B")
      } else {
        replacements[short] = tensor
      }
    }
    var pairs: [String: (a: TensorFile.Tensor, b: TensorFile.Tensor)] = [:]
    for (name, left) in a {
      guard let right = b[name] else { throw EncoderModelError(file.path, "lacks lora_B of \(name)") }
      pairs[name] = (left, right)
    }
    if let lone = b.keys.first(where: { a[$0] == nil }) {
      throw EncoderModelError(file.path, "lacks lora_A of \(lone)")
    }
    self.pairs = pairs
    self.replacements = replacements
  }

  /// The tensors that it changes or brings.
  var names: Set<String> { Set(pairs.keys).union(replacements.keys) }

  /// A tensor that the adapter brings whole.
  func replacement(_ name: String) -> (values: [Float], shape: [Int])? {
    guard let tensor = replacements[name], let values = file.floats(tensor) else { return nil }
    return (values, tensor.shape)
  }

  /// Adds scale · B · A to the matrix of that name, if it is adapted.
  func add(to values: inout [Float], name: String, shape: [Int]) throws(EncoderModelError) {
    guard let pair = pairs[name] else { return }
    guard shape.count == 2, pair.a.shape == [rank, shape[1]], pair.b.shape == [shape[0], rank],
      let a = file.floats(pair.a), let b = file.floats(pair.b)
    else {
      throw EncoderModelError(
        path, "adapter of \(name): shapes \(pair.a.shape) and \(pair.b.shape) do not fit \(shape) at rank \(rank)")
    }
    for row in 0..<shape[0] {
      for column in 0..<shape[1] {
        var sum: Float = 0
        for index in 0..<rank { sum += b[row * rank + index] * a[index * shape[1] + column] }
        values[row * shape[1] + column] += scale * sum
      }
    }
  }
}

import Digests

/// The weights of a model's folder by the names of the published checkpoints, with a low-rank adapter merged in if the
/// folder holds one.
///
/// Remembers what was asked for, so that weights which no layer reads are found. For one thread.
final class TensorSource {
  private let file: TensorFile
  private let adapter: LowRankAdapter?
  private let prefixes: [String]
  /// Names that were read, as layers ask for them.
  private var read: Set<String> = []

  /// What checkpoints carry beside an encoder: places that count up, the pooler of a model without a head, heads of
  /// pre-training.
  private static let unneeded = [
    "embeddings.position_ids", "pooler.", "cls.", "decoder.", "head.", "rotary_emb.inv_freq",
  ]

  /// - Parameter prefixes: what may stand before a name: `bert.` in classifiers' checkpoints.
  init(_ file: TensorFile, adapter: LowRankAdapter?, prefixes: [String]) {
    self.file = file
    self.adapter = adapter
    self.prefixes = prefixes
  }

  func has(_ name: String) -> Bool { found(name) != nil || adapter?.replacement(name) != nil }

  private func found(_ name: String) -> TensorFile.Tensor? {
    for prefix in prefixes { if let tensor = file.tensors[prefix + name] { return tensor } }
    return nil
  }

  /// The SHA-256 of the weights' file, and behind a `+` that of the adapter's.
  func digest() -> String {
    ([file] + (adapter.map { [$0.file] } ?? [])).map { file in
      var hash = SHA256Stream()
      hash.update(file.file.bytes)
      return hash.hexDigest()
    }.joined(separator: "+")
  }

  /// Refuses weights that no layer of the model has read: it would be another model than the file's.
  ///
  /// - Throws: the first of them by name.
  func refuseUnread() throws(EncoderModelError) {
    if let adapter, let name = adapter.names.subtracting(read).min() {
      throw EncoderModelError(
        adapter.path,
        "adapts \(name), which no layer of the model reads; an adapter must be of the model beside it, and of its "
          + "attention, feed-forward or classifier layers")
    }
    let unread = file.tensors.keys.filter { name in
      let short =
        prefixes.filter { !$0.isEmpty && name.hasPrefix($0) }.first.map { name.dropFirst($0.count) } ?? name[...]
      return !read.contains(String(short)) && !read.contains(name)
        && !Self.unneeded.contains { short.hasPrefix($0) || short.hasSuffix($0) }
    }
    guard let name = unread.min() else { return }
    throw EncoderModelError(
      file.path,
      "no layer of the model reads the tensor \(name)\(unread.count > 1 ? " and \(unread.count - 1) more" : ""); does "
        + "config.json describe these weights (num_hidden_layers, architectures)?")
  }

  /// The values of a tensor of exactly that shape.
  func floats(_ name: String, _ shape: [Int]) throws(EncoderModelError) -> [Float] {
    read.insert(name)
    if let replaced = adapter?.replacement(name) {
      guard replaced.shape == shape else {
        throw EncoderModelError(
          adapter?.path ?? file.path, "tensor \(name) has the shape \(replaced.shape), not \(shape)")
      }
      return replaced.values
    }
    guard let tensor = found(name) else {
      throw EncoderModelError(
        file.path, "lacks the tensor \(prefixes.map { $0 + name }.joined(separator: " or ")) \(shape)")
    }
    guard tensor.shape == shape else {
      throw EncoderModelError(file.path, "tensor \(name) has the shape \(tensor.shape), not \(shape)")
    }
    guard var values = file.floats(tensor) else {
      throw EncoderModelError(file.path, "tensor \(name) is \(tensor.type.rawValue); F32, F16 and BF16 are read")
    }
    try adapter?.add(to: &values, name: name, shape: shape)
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw EncoderModelError(
        file.path, "tensor \(name) has a value that is no finite number, \(values[index]), at \(index)")
    }
    return values
  }

  /// The first dimension of a tensor.
  func rows(of name: String) -> Int? { adapter?.replacement(name)?.shape.first ?? found(name)?.shape.first }

  /// The values of a tensor; nil if there is none.
  func floatsIfPresent(_ name: String, _ shape: [Int]) throws(EncoderModelError) -> [Float]? {
    has(name) ? try floats(name, shape) : nil
  }
}

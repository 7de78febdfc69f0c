/// The weights of a model's folder by the names of the published checkpoints, with a low-rank adapter merged in if the
/// folder holds one.
struct TensorSource {
  private let file: TensorFile
  private let adapter: LowRankAdapter?
  private let prefixes: [String]

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

  /// The values of a tensor of exactly that shape.
  func floats(_ name: String, _ shape: [Int]) throws(EncoderModelError) -> [Float] {
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
    return values
  }

  /// The first dimension of a tensor.
  func rows(of name: String) -> Int? { adapter?.replacement(name)?.shape.first ?? found(name)?.shape.first }

  /// The values of a tensor; nil if there is none.
  func floatsIfPresent(_ name: String, _ shape: [Int]) throws(EncoderModelError) -> [Float]? {
    has(name) ? try floats(name, shape) : nil
  }
}

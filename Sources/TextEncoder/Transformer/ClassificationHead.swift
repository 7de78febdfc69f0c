import CTextKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The layers behind an encoder that score a text or each token, in single precision; their memory belongs to the packed
/// file.
///
/// BERT: for a text the first token through a dense layer with tanh, then the classifier; for tokens the classifier
/// alone. ModernBERT: the pooled vector, or each token's, through a dense layer with GELU and a norm, then the
/// classifier.
struct ClassificationHead: Sendable {
  private let kind: HeadKind
  private nonisolated(unsafe) let dense: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?)?
  private let norm: NormLayer?
  private nonisolated(unsafe) let classifier: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?)
  private let count: Int

  /// - Returns: nil for a model without a head.
  init?(_ model: PackedModel) throws(EncoderModelError) {
    guard let kind = model.head else { return nil }
    let width = model.configuration.width
    self.kind = kind
    count = model.labels.count
    func pair(
      _ name: String, _ channels: Int
    ) throws(EncoderModelError) -> (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
      (
        try model.pointer("head.\(name).weight", .float32, [channels, width], as: Float.self),
        model.has("head.\(name).bias")
          ? try model.pointer("head.\(name).bias", .float32, [channels], as: Float.self) : nil
      )
    }
    dense = model.has("head.dense.weight") ? try pair("dense", width) : nil
    norm = model.has("head.norm.gamma") ? try NormLayer(model, "head.norm") : nil
    classifier = try pair("classifier", count)
  }

  func probabilities(
    rows: Int, _ configuration: EncoderConfiguration, _ workspace: EncoderWorkspace, _ kernels: text_kernels
  ) -> [[Float]] {
    let width = configuration.width
    var input = UnsafePointer(workspace.hidden)
    var rows = rows
    var pooled = [Float](repeating: 0, count: width)
    if kind == .sequence {
      if configuration.architecture == .modernBERT, configuration.pooling == .mean {
        kernels.add_rows(workspace.hidden, rows, width, &pooled)
        for index in pooled.indices { pooled[index] /= Float(rows) }
        workspace.context.update(from: pooled, count: width)
        input = UnsafePointer(workspace.context)
      }
      rows = 1
    }
    if let dense {
      let activation = configuration.architecture == .bert ? TEXT_ACTIVATION_TANH : TEXT_ACTIVATION_GELU
      kernels.dense(input, rows, width, dense.weight, dense.bias, width, activation, workspace.normed)
      input = UnsafePointer(workspace.normed)
    }
    if let norm {
      norm.apply(input, rows: rows, to: workspace.normed, kernels)
      input = UnsafePointer(workspace.normed)
    }
    var scores = [Float](repeating: 0, count: rows * count)
    kernels.dense(input, rows, width, classifier.weight, classifier.bias, count, TEXT_ACTIVATION_NONE, &scores)
    return (0..<rows).map { Self.softmax(scores[$0 * count..<($0 + 1) * count]) }
  }

  private static func softmax(_ scores: ArraySlice<Float>) -> [Float] {
    let highest = scores.max() ?? 0
    let exponentials = scores.map { exp($0 - highest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}

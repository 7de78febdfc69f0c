import CTextKernels

/// A transformer encoder on a packed model: token ids in, a vector a token out.
///
/// Immutable: any number of threads may run it, each with its own ``EncoderWorkspace``. A pass runs on the calling
/// thread: one thread a text and as many texts as cores is what CPUs do best, since threads that share a text wait for
/// one another.
///
/// The arithmetic: weights int8 with a scale a channel, activations int8 with a scale a token, sums exact, everything
/// else in single precision; attention in single precision.
public final class TransformerEncoder: Sendable {
  public let configuration: EncoderConfiguration
  /// What turns text into this model's tokens.
  public let tokenizer: Tokenizer
  /// The instructions it runs with.
  public let instructions: InstructionSet
  /// The classes of the head; empty: the model has none.
  public let labels: [String]

  /// Whether the head scores each token rather than the text.
  public let scoresTokens: Bool

  private struct Layer: Sendable {
    let attentionNorm: NormLayer?
    let attentionIn: LinearLayer
    let attentionOut: LinearLayer
    let innerNorm: NormLayer
    let innerIn: LinearLayer
    let innerOut: LinearLayer
  }

  private let model: PackedModel
  private let kernels: text_kernels
  // Pointers, here and in the layers, are safe to share: they never change and lead into the mapped file of `model`.
  private nonisolated(unsafe) let words: UnsafePointer<Int8>
  private nonisolated(unsafe) let wordScales: UnsafePointer<Float>
  private nonisolated(unsafe) let positions: UnsafePointer<Float>?
  private let embeddingNorm: NormLayer
  private let layers: [Layer]
  private let lastNorm: NormLayer?
  private let globalRotation: (cosines: [Float], sines: [Float])
  private let localRotation: (cosines: [Float], sines: [Float])
  private let head: ClassificationHead?

  /// - Parameters:
  ///   - longestInput: tokens of the longest input, special ones included; at most the model's own limit, and 8 192.
  ///   - instructions: which kernels to use; those the processor lacks are refused.
  public init(
    _ model: PackedModel, longestInput: Int? = nil, instructions: InstructionSet = .best
  ) throws(EncoderModelError) {
    guard instructions.isAvailable else {
      throw EncoderModelError(model.tensors.path, "this processor lacks \(instructions.rawValue)")
    }
    var configuration = model.configuration
    configuration.longestInput = min(longestInput ?? 8192, model.configuration.longestInput, 8192)
    guard configuration.longestInput >= 8 else {
      throw EncoderModelError(
        model.tensors.path, "inputs of \(configuration.longestInput) tokens are too short; 8 is the least")
    }
    guard let tokenizerTensor = model.tensors.tensors["tokenizer.json"] else {
      throw EncoderModelError(model.tensors.path, "lacks the tensor tokenizer.json")
    }
    tokenizer = try Tokenizer(json: model.tensors.bytes(tokenizerTensor), path: "\(model.tensors.path): tokenizer.json")
    guard tokenizer.vocabularySize <= configuration.vocabularySize,
      tokenizer.prefix.count + tokenizer.suffix.count < configuration.longestInput
    else { throw EncoderModelError(model.tensors.path, "its tokenizer does not fit its embeddings") }
    let (width, inner) = (configuration.width, configuration.innerWidth)
    words = try model.pointer("embeddings.words", .int8, [configuration.vocabularySize, width], as: Int8.self)
    wordScales = try model.pointer("embeddings.words.scales", .float32, [configuration.vocabularySize], as: Float.self)
    embeddingNorm = try NormLayer(model, "embeddings.norm")
    let isModern = configuration.architecture == .modernBERT
    if isModern {
      positions = nil
      lastNorm = try NormLayer(model, "norm")
      globalRotation = configuration.globalRotation.tables(
        rows: configuration.longestInput, headWidth: configuration.headWidth)
      localRotation =
        configuration.localRotation == configuration.globalRotation
        ? globalRotation
        : configuration.localRotation.tables(rows: configuration.longestInput, headWidth: configuration.headWidth)
    } else {
      let rows = model.tensors.tensors["embeddings.positions"]?.shape.first ?? 0
      guard rows >= configuration.longestInput else {
        throw EncoderModelError(
          model.tensors.path, "has \(rows) positions and \(configuration.longestInput) are needed")
      }
      positions = try model.pointer("embeddings.positions", .float32, [rows, width], as: Float.self)
      lastNorm = nil
      globalRotation = ([], [])
      localRotation = ([], [])
    }
    var layers: [Layer] = []
    for index in 0..<configuration.layers {
      let name = "layers.\(index)"
      layers.append(
        Layer(
          attentionNorm: isModern && index == 0 ? nil : try NormLayer(model, "\(name).attention.norm"),
          attentionIn: try LinearLayer(model, "\(name).attention.in", width: width, channels: 3 * width),
          attentionOut: try LinearLayer(model, "\(name).attention.out", width: width, channels: width),
          innerNorm: try NormLayer(model, "\(name).inner.norm"),
          innerIn: try LinearLayer(model, "\(name).inner.in", width: width, channels: isModern ? 2 * inner : inner),
          innerOut: try LinearLayer(model, "\(name).inner.out", width: inner, channels: width)))
    }
    self.layers = layers
    head = try ClassificationHead(model)
    labels = model.labels
    scoresTokens = model.head == .token
    kernels = instructions.kernels
    self.instructions = instructions
    self.configuration = configuration
    self.model = model
  }

  /// Memory for one pass at a time.
  ///
  /// - Parameter capacity: tokens of the longest input it is to hold, special ones included.
  public func makeWorkspace(capacity: Int? = nil) -> EncoderWorkspace {
    EncoderWorkspace(configuration, capacity: min(capacity ?? configuration.longestInput, configuration.longestInput))
  }

  // MARK: A pass

  /// Runs all layers over one input, special tokens included. Behind it the workspace holds the last layer's vectors.
  ///
  /// - Parameters:
  ///   - ids: at least one and at most the workspace's capacity; each below the vocabulary's size.
  ///   - capturing: the layer, counted from 1, whose vectors are kept as well.
  public func run(_ ids: [UInt32], capturing layer: Int? = nil, _ workspace: EncoderWorkspace) {
    let rows = ids.count
    precondition(rows > 0 && rows <= workspace.capacity, "\(rows) tokens in a workspace of \(workspace.capacity)")
    embed(ids, workspace)
    for index in layers.indices {
      if configuration.architecture == .bert {
        bertLayer(layers[index], rows, workspace)
      } else {
        modernLayer(layers[index], index, rows, workspace)
      }
      if layer == index + 1 { workspace.captured.update(from: workspace.hidden, count: rows * configuration.width) }
    }
    if let lastNorm { lastNorm.apply(workspace.hidden, rows: rows, to: workspace.hidden, kernels) }
  }

  private func embed(_ ids: [UInt32], _ workspace: EncoderWorkspace) {
    let width = configuration.width
    for (row, id) in ids.enumerated() {
      precondition(id < configuration.vocabularySize, "token \(id) is outside of the vocabulary")
      let scale = wordScales[Int(id)]
      let word = words + Int(id) * width
      let output = workspace.hidden + row * width
      if let position = positions.map({ $0 + row * width }) {
        for column in 0..<width { output[column] = Float(word[column]) * scale + position[column] }
      } else {
        for column in 0..<width { output[column] = Float(word[column]) * scale }
      }
    }
    embeddingNorm.apply(workspace.hidden, rows: ids.count, to: workspace.hidden, kernels)
  }

  private func attend(_ rows: Int, window: Int, _ workspace: EncoderWorkspace) {
    let width = configuration.width
    var job = text_attention(
      queries: workspace.projected, keys: workspace.projected + width, values: workspace.projected + 2 * width,
      stride: 3 * width, rows: rows, heads: configuration.heads, head_width: configuration.headWidth,
      scale: 1 / Float(configuration.headWidth).squareRoot(), window: window, output: workspace.context,
      output_stride: width, scratch: workspace.scratch)
    kernels.attention(&job)
  }

  /// Attention, sum and norm, feed-forward block, sum and norm.
  private func bertLayer(_ layer: Layer, _ rows: Int, _ workspace: EncoderWorkspace) {
    let width = configuration.width
    EncoderWorkspace.inBlocks(rows) { first, count in
      layer.attentionIn.apply(
        workspace.hidden + first * width, rows: count, to: workspace.projected + first * 3 * width, workspace, kernels)
    }
    attend(rows, window: 0, workspace)
    EncoderWorkspace.inBlocks(rows) { first, count in
      let hidden = workspace.hidden + first * width
      layer.attentionOut.apply(
        workspace.context + first * width, rows: count, to: workspace.normed, workspace, kernels)
      layer.attentionNorm?.apply(workspace.normed, adding: hidden, rows: count, to: hidden, kernels)
      layer.innerIn.apply(
        hidden, rows: count, activation: TEXT_ACTIVATION_GELU, to: workspace.inner, workspace, kernels)
      layer.innerOut.apply(workspace.inner, rows: count, to: workspace.normed, workspace, kernels)
      layer.innerNorm.apply(workspace.normed, adding: hidden, rows: count, to: hidden, kernels)
    }
  }

  /// Norm, attention, sum, norm, gated feed-forward block, sum.
  private func modernLayer(_ layer: Layer, _ index: Int, _ rows: Int, _ workspace: EncoderWorkspace) {
    let width = configuration.width
    let half = configuration.headWidth / 2
    let isGlobal = configuration.isGlobal(index)
    let rotation = isGlobal ? globalRotation : localRotation
    EncoderWorkspace.inBlocks(rows) { first, count in
      var input = UnsafePointer(workspace.hidden + first * width)
      if let norm = layer.attentionNorm {
        norm.apply(input, rows: count, to: workspace.normed, kernels)
        input = UnsafePointer(workspace.normed)
      }
      let projected = workspace.projected + first * 3 * width
      layer.attentionIn.apply(input, rows: count, to: projected, workspace, kernels)
      rotation.cosines.withUnsafeBufferPointer { cosines in
        rotation.sines.withUnsafeBufferPointer { sines in
          guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
          for part in 0..<2 {
            kernels.rotate(
              projected + part * width, 3 * width, count, configuration.heads, configuration.headWidth,
              cosines + first * half, sines + first * half)
          }
        }
      }
    }
    attend(rows, window: isGlobal ? 0 : configuration.localReach, workspace)
    EncoderWorkspace.inBlocks(rows) { first, count in
      let hidden = workspace.hidden + first * width
      let context = workspace.context + first * width
      layer.attentionOut.apply(context, rows: count, to: context, workspace, kernels)
      layer.innerNorm.apply(context, adding: hidden, sum: hidden, rows: count, to: workspace.normed, kernels)
      layer.innerIn.apply(workspace.normed, rows: count, to: workspace.inner, workspace, kernels)
      kernels.gated_gelu(workspace.inner, count, configuration.innerWidth, workspace.gated)
      layer.innerOut.apply(workspace.gated, rows: count, to: context, workspace, kernels)
      for place in 0..<count * width { hidden[place] += context[place] }
    }
  }

  // MARK: What comes of it

  /// Adds the vectors of the last pass to a sum: all of them for mean pooling, the first one otherwise.
  ///
  /// - Returns: how many were added.
  func addVectors(rows: Int, to sum: inout [Float], _ workspace: EncoderWorkspace) -> Int {
    let count = configuration.pooling == .mean ? rows : 1
    kernels.add_rows(workspace.hidden, count, configuration.width, &sum)
    return count
  }

  /// The text's vector of the last pass.
  public func pooled(rows: Int, _ workspace: EncoderWorkspace) -> [Float] {
    var sum = [Float](repeating: 0, count: configuration.width)
    let count = addVectors(rows: rows, to: &sum, workspace)
    return finished(sum, count: count)
  }

  /// A sum of `count` vectors as a text's vector.
  func finished(_ sum: [Float], count: Int) -> [Float] {
    var factor = 1 / Float(max(count, 1))
    if configuration.normalizes {
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      factor = length > 0 ? 1 / length : 0
    }
    return sum.map { $0 * factor }
  }

  /// Which vectors of the last pass.
  public enum VectorSource: Sendable {
    /// The last layer's.
    case last
    /// Those of the layer that was captured.
    case captured
  }

  /// Some tokens' vectors of the last pass, one behind the other; rows count special tokens too.
  public func vectors(_ rows: Range<Int>, _ source: VectorSource, _ workspace: EncoderWorkspace) -> [Float] {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= workspace.capacity, "the workspace has no rows \(rows)")
    let start = source == .last ? workspace.hidden : workspace.captured
    let width = configuration.width
    return Array(UnsafeBufferPointer(start: start + rows.lowerBound * width, count: rows.count * width))
  }

  /// The probabilities that the head gives the last pass: one row for the text, or one a token; none without a head.
  public func probabilities(rows: Int, _ workspace: EncoderWorkspace) -> [[Float]] {
    head?.probabilities(rows: rows, configuration, workspace, kernels) ?? []
  }
}

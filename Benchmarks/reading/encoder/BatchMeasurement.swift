import CTextKernels

/// Whether texts are read faster together: the layers of all-MiniLM-L6-v2 with the rows of all texts in one matrix product
/// and attention a text, against the same work a text at a time. Weights are random, which costs the same. A batch is at
/// most 64 tokens: more do not go through the products together, of one text neither.
struct BatchMeasurement {
  private static let width = 384
  private static let layers = 6
  private static let shapes = [(384, 1152), (384, 384), (384, 1536), (1536, 384)]

  private struct Weights {
    /// Aligned to 64 bytes, as in a packed file.
    var panels: UnsafeMutablePointer<Int8>
    var scales: [Float]
    var sums: [Int32]
    var bias: [Float]
    var norm: [Float]
  }

  private let kernels: text_kernels
  private let weights: [[Weights]]
  private let hidden: UnsafeMutablePointer<Float>
  private let projected: UnsafeMutablePointer<Float>
  private let inner: UnsafeMutablePointer<Float>
  private let scales: UnsafeMutablePointer<Float>
  private let quantized: UnsafeMutableRawPointer
  private let scratch: UnsafeMutableRawPointer

  static func run() {
    let capacity = 64
    guard let measurement = BatchMeasurement(capacity: capacity) else { return }
    defer { measurement.deallocate() }
    for tokens in [8, 16, 32] {
      for texts in [1, 2, 4, 8] where tokens * texts <= capacity {
        var together: [Double] = []
        var apart: [Double] = []
        // By turns, so that what else the machine does meets both.
        for _ in 0..<61 {
          together.append(measurement.time { measurement.pass(tokens: tokens, texts: texts) })
          apart.append(measurement.time { for _ in 0..<texts { measurement.pass(tokens: tokens, texts: 1) } })
        }
        func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
        let gain = (1 - median(together) / median(apart)) * 100
        let lowest = (1 - (together.min() ?? 0) / (apart.min() ?? 1)) * 100
        print(
          "figure encoder_batch_\(texts)x\(tokens)_gain \(Commands.rounded(gain)) %  "
            + "(\(Commands.rounded(median(together) / Double(texts))) and "
            + "\(Commands.rounded(median(apart) / Double(texts))) ms a text; of the lowest times "
            + "\(Commands.rounded(lowest)) %)")
      }
    }
  }

  private init?(capacity: Int) {
    guard let table = text_kernels_for(text_kernels_best()) else { return nil }
    kernels = table.pointee
    var state: UInt64 = 0x5EED
    func random() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / 16_777_216 - 0.5
    }
    weights = (0..<Self.layers).map { _ in
      Self.shapes.map { width, channels in
        let matrix = (0..<width * channels).map { _ in random() / 10 }
        var weights = Weights(
          panels: UnsafeMutableRawPointer.allocate(byteCount: matrix.count, alignment: 64).assumingMemoryBound(
            to: Int8.self), scales: [Float](repeating: 0, count: channels),
          sums: [Int32](repeating: 0, count: channels), bias: [Float](repeating: 0.1, count: channels),
          norm: [Float](repeating: 1, count: Self.width))
        text_pack_weights(matrix, channels, width, weights.panels, &weights.scales, &weights.sums)
        return weights
      }
    }
    func aligned(_ bytes: Int) -> UnsafeMutableRawPointer { .allocate(byteCount: bytes, alignment: 64) }
    hidden = aligned(8 * capacity * Self.width).assumingMemoryBound(to: Float.self)
    projected = aligned(12 * capacity * Self.width).assumingMemoryBound(to: Float.self)
    inner = aligned(4 * capacity * 1536).assumingMemoryBound(to: Float.self)
    scales = aligned(4 * capacity).assumingMemoryBound(to: Float.self)
    quantized = aligned(text_quantized_size(capacity, 1536))
    scratch = aligned(max(text_linear_scratch(capacity, 1536), text_attention_scratch(128, 32)))
    for index in 0..<2 * capacity * Self.width { hidden[index] = random() }
  }

  private func deallocate() {
    for layer in weights { for weights in layer { weights.panels.deallocate() } }
    for memory in [hidden, projected, inner, scales] { memory.deallocate() }
    quantized.deallocate()
    scratch.deallocate()
  }

  private func time(_ body: () -> Void) -> Double {
    let start = Commands.threadTime()
    body()
    return Double(Commands.threadTime() - start) / 1e6
  }

  private func linear(
    _ layer: Int, _ place: Int, _ input: UnsafePointer<Float>, rows: Int, activation: text_activation,
    to output: UnsafeMutablePointer<Float>
  ) {
    let weights = weights[layer][place]
    let (width, channels) = Self.shapes[place]
    kernels.quantize(input, width, rows, width, quantized, scales)
    weights.scales.withUnsafeBufferPointer { weightScales in
      weights.sums.withUnsafeBufferPointer { sums in
        weights.bias.withUnsafeBufferPointer { bias in
          guard let weightScales = weightScales.baseAddress, let sums = sums.baseAddress else { return }
          var job = text_linear(
            input: quantized, input_scales: scales, rows: rows, width: width, panels: weights.panels,
            scales: weightScales, sums: sums, bias: bias.baseAddress, channels: channels, activation: activation,
            output: output, output_stride: channels, scratch: scratch)
          kernels.linear(&job)
        }
      }
    }
  }

  /// All layers over some texts of equal length.
  private func pass(tokens: Int, texts: Int) {
    let rows = tokens * texts
    let width = Self.width
    let context = hidden + rows * width
    for layer in 0..<Self.layers {
      linear(layer, 0, hidden, rows: rows, activation: TEXT_ACTIVATION_NONE, to: projected)
      for text in 0..<texts {
        let start = projected + text * tokens * 3 * width
        var job = text_attention(
          queries: start, keys: start + width, values: start + 2 * width, stride: 3 * width, rows: tokens, heads: 12,
          head_width: 32, scale: 0.17677669, window: 0, output: context + text * tokens * width, output_stride: width,
          scratch: scratch)
        kernels.attention(&job)
      }
      linear(layer, 1, context, rows: rows, activation: TEXT_ACTIVATION_NONE, to: projected)
      kernels.layer_norm(
        projected, hidden, rows, width, weights[layer][0].norm, weights[layer][1].norm, 1e-12, nil, hidden)
      linear(layer, 2, hidden, rows: rows, activation: TEXT_ACTIVATION_GELU, to: inner)
      linear(layer, 3, inner, rows: rows, activation: TEXT_ACTIVATION_NONE, to: projected)
      kernels.layer_norm(
        projected, hidden, rows, width, weights[layer][2].norm, weights[layer][3].norm, 1e-12, nil, hidden)
    }
  }
}

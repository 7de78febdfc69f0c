import CTextKernels

/// Layer normalisation, whose memory belongs to the packed file.
struct NormLayer: Sendable {
  nonisolated(unsafe) let gamma: UnsafePointer<Float>
  nonisolated(unsafe) let beta: UnsafePointer<Float>?
  let width: Int
  let epsilon: Float

  init(_ model: PackedModel, _ name: String) throws(EncoderModelError) {
    width = model.configuration.width
    epsilon = model.configuration.epsilon
    gamma = try model.pointer("\(name).gamma", .float32, [width], as: Float.self)
    beta = model.has("\(name).beta") ? try model.pointer("\(name).beta", .float32, [width], as: Float.self) : nil
  }

  /// output = norm(input + residual); `sum`, if any, gets input + residual.
  func apply(
    _ input: UnsafePointer<Float>, adding residual: UnsafePointer<Float>? = nil,
    sum: UnsafeMutablePointer<Float>? = nil, rows: Int, to output: UnsafeMutablePointer<Float>, _ kernels: text_kernels
  ) {
    kernels.layer_norm(input, residual, rows, width, gamma, beta, epsilon, sum, output)
  }
}

import CTextKernels

/// A matrix product with int8 weights, whose memory belongs to the packed file.
struct LinearLayer: Sendable {
  nonisolated(unsafe) let panels: UnsafePointer<Int8>
  nonisolated(unsafe) let scales: UnsafePointer<Float>
  nonisolated(unsafe) let sums: UnsafePointer<Int32>
  nonisolated(unsafe) let bias: UnsafePointer<Float>?
  let width: Int
  let channels: Int

  init(_ model: PackedModel, _ name: String, width: Int, channels: Int) throws(EncoderModelError) {
    let padded = (channels + 15) / 16 * 16
    panels = try model.pointer("\(name).panels", .int8, [padded, (width + 3) / 4 * 4], as: Int8.self)
    scales = try model.pointer("\(name).scales", .float32, [padded], as: Float.self)
    sums = try model.pointer("\(name).sums", .int32, [padded], as: Int32.self)
    bias = model.has("\(name).bias") ? try model.pointer("\(name).bias", .float32, [padded], as: Float.self) : nil
    self.width = width
    self.channels = channels
  }

  /// output = activation(input · weights + bias), both of `rows` rows.
  func apply(
    _ input: UnsafePointer<Float>, rows: Int, activation: text_activation = TEXT_ACTIVATION_NONE,
    to output: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace, _ kernels: text_kernels
  ) {
    kernels.quantize(input, width, rows, width, workspace.quantized, workspace.scales)
    var job = text_linear(
      input: workspace.quantized, input_scales: workspace.scales, rows: rows, width: width, panels: panels,
      scales: scales, sums: sums, bias: bias, channels: channels, activation: activation, output: output,
      output_stride: channels, scratch: workspace.scratch)
    kernels.linear(&job)
  }
}

import CTextKernels

/// The memory that one forward pass at a time computes in: one a thread. Its size is fixed by the model and the longest
/// input: 6 MB for a MiniLM of 512 tokens.
public final class EncoderWorkspace {
  /// Tokens that go through the layers' products together: what those write then stays in a core's second cache until it
  /// is read (docs/encoder.md). Only attention looks at more.
  static let blockLimit = 64

  /// Tokens of the longest input it has room for.
  public let capacity: Int
  /// Bytes held.
  public let size: Int

  let hidden: UnsafeMutablePointer<Float>
  let normed: UnsafeMutablePointer<Float>
  let projected: UnsafeMutablePointer<Float>
  let context: UnsafeMutablePointer<Float>
  let inner: UnsafeMutablePointer<Float>
  let gated: UnsafeMutablePointer<Float>
  let captured: UnsafeMutablePointer<Float>
  let scales: UnsafeMutablePointer<Float>
  let quantized: UnsafeMutableRawPointer
  let scratch: UnsafeMutableRawPointer
  private let memory: UnsafeMutableRawPointer

  /// - Parameter capacity: tokens of the longest input, special ones included.
  init(_ configuration: EncoderConfiguration, capacity: Int) {
    let (width, inner) = (configuration.width, configuration.innerWidth)
    let isModern = configuration.architecture == .modernBERT
    var size = 0
    func place(_ bytes: Int) -> Int {
      defer { size += (bytes + 127) / 64 * 64 }
      return size
    }
    let hidden = place(4 * capacity * width)
    let normed = place(4 * capacity * width)
    let projected = place(4 * capacity * 3 * width)
    let context = place(4 * capacity * width)
    let block = min(capacity, Self.blockLimit)
    let innerPlace = place(4 * block * inner * (isModern ? 2 : 1))
    let gated = place(isModern ? 4 * block * inner : 0)
    let captured = place(4 * capacity * width)
    let scales = place(4 * block)
    let quantized = place(text_quantized_size(block, max(width, inner)))
    let scratch = place(
      max(text_linear_scratch(block, max(width, inner)), text_attention_scratch(capacity, configuration.headWidth)))
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    func floats(_ offset: Int) -> UnsafeMutablePointer<Float> { (memory + offset).assumingMemoryBound(to: Float.self) }
    self.hidden = floats(hidden)
    self.normed = floats(normed)
    self.projected = floats(projected)
    self.context = floats(context)
    self.inner = floats(innerPlace)
    self.gated = floats(gated)
    self.captured = floats(captured)
    self.scales = floats(scales)
    self.quantized = memory + quantized
    self.scratch = memory + scratch
    self.memory = memory
    self.capacity = capacity
    self.size = size
  }

  /// Tokens in blocks of nearly equal size, as few as may be.
  ///
  /// - Parameter body: told a block's first token and how many it has.
  static func inBlocks(_ rows: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    let blocks = (rows + blockLimit - 1) / blockLimit
    for block in 0..<blocks {
      let first = rows * block / blocks
      body(first, rows * (block + 1) / blocks - first)
    }
  }

  deinit { memory.deallocate() }
}

import CTextKernels

/// A matrix in single precision behind a bias, as heads over vectors use it. Immutable; any thread may call it.
public struct DenseLayer: Sendable {
  /// What becomes of a sum.
  public enum Activation: Sendable {
    /// Nothing.
    case identity
    /// The larger of it and 0.
    case rectified

    fileprivate var kernel: text_activation { self == .identity ? TEXT_ACTIVATION_NONE : TEXT_ACTIVATION_RELU }
  }

  /// Numbers that go in.
  public let width: Int
  /// Numbers that come out.
  public let channels: Int
  private let weights: [Float]
  private let bias: [Float]
  private let activation: Activation
  private let kernels: text_kernels

  /// - Parameters:
  ///   - weights: a row of `width` numbers a channel, one behind the other.
  ///   - bias: a number a channel.
  public init(weights: [Float], bias: [Float], width: Int, activation: Activation) {
    precondition(width > 0 && !bias.isEmpty && weights.count == width * bias.count, "weights of another shape")
    self.width = width
    channels = bias.count
    self.weights = weights
    self.bias = bias
    self.activation = activation
    kernels = InstructionSet.best.kernels
  }

  /// activation(weights · input + bias), one number a channel.
  public func apply(_ input: [Float]) -> [Float] {
    precondition(input.count == width, "\(input.count) numbers instead of \(width)")
    return [Float](unsafeUninitializedCapacity: channels) { output, count in
      guard let start = output.baseAddress else { return }
      kernels.dense(input, 1, width, weights, bias, channels, activation.kernel, start)
      count = channels
    }
  }
}

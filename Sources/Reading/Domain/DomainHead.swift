import CReadingModels
import TextEncoder

/// The domain classifier's share over an encoder's vectors: a few small networks whose mean is added to the linear model's
/// evidence.
///
/// What goes in: the text's vector, and the mean and the maximum of one layer's vectors over the text's tokens, each divided by
/// its length. Each network has one hidden layer, rectified.
///
/// Layout of the file (little-endian), defined in `training/domain_encoder/README.md`: magic `SWYDOMNN`, u32 version 1, u32
/// width, u32 layer, u32 labels, u32 networks, u32 hidden units, the floats of ``DomainCalibration``; a network: a f32 bias a unit, a
/// f32 scale a unit, a row of 3 · width signed bytes a unit; then for each label and for *none* a f32 bias and a f32 a
/// unit; u32 CRC-32.
///
/// One call takes some tenths of a millisecond. Weights are kept in single precision: 1.2 MB a network. Immutable; any
/// thread may call it.
public struct DomainHead: Sendable {
  /// What a file of it starts with.
  static let magic = "SWYDOMNN"
  private static let header = 32 + 4 * DomainCalibration.floats
  /// Vectors that go in.
  private static let inputs = 3

  /// Numbers a vector.
  public let width: Int
  /// The layer, counted from 1, whose vectors of tokens go in.
  public let layer: Int
  let labels: Int
  let calibration: DomainCalibration
  private let networks: [(hidden: DenseLayer, output: DenseLayer)]

  /// The head inside the binary, for all-MiniLM-L6-v2.
  public static func bundled() throws(WeightsFileError) -> DomainHead {
    try DomainHead(
      UnsafeRawBufferPointer(start: reading_model_domain_head_bytes(), count: reading_model_domain_head_size()))
  }

  /// A head from elsewhere.
  public init(modelBytes: [UInt8]) throws(WeightsFileError) {
    let owned = ModelBytes(copying: modelBytes)
    self = try DomainHead(owned.buffer)
  }

  private init(_ buffer: UnsafeRawBufferPointer) throws(WeightsFileError) {
    let file = try WeightsFile(buffer, magic: Self.magic, header: Self.header)
    let (width, layer, labels) = (file.integer(12), file.integer(16), file.integer(20))
    let (count, units) = (file.integer(24), file.integer(28))
    guard (1...4096).contains(width) else { throw file.invalid("the width") }
    guard (1...64).contains(layer) else { throw file.invalid("the layer") }
    guard (1...LinearModel.rarityLane).contains(labels) else { throw file.invalid("the number of labels") }
    guard (1...8).contains(count) else { throw file.invalid("the number of networks") }
    guard (1...1024).contains(units) else { throw file.invalid("the number of units") }
    let row = Self.inputs * width
    let network = units * (8 + row) + 4 * (labels + 1) * (1 + units)
    try file.expect(length: Self.header + count * network + 4)
    guard let calibration = DomainCalibration(try file.reals(32, count: DomainCalibration.floats)) else {
      throw file.invalid("the calibration")
    }
    var networks: [(DenseLayer, DenseLayer)] = []
    for index in 0..<count {
      var place = Self.header + index * network
      let bias = try file.reals(place, count: units)
      let scales = try file.reals(place + 4 * units, count: units)
      place += 8 * units
      let hidden = [Float](unsafeUninitializedCapacity: units * row) { weights, filled in
        for unit in 0..<units {
          for column in unit * row..<(unit + 1) * row {
            weights.initializeElement(
              at: column, to: scales[unit] * Float(Int8(bitPattern: file.buffer[place + column])))
          }
        }
        filled = units * row
      }
      place += units * row
      let table = try file.reals(place, count: (labels + 1) * (1 + units))
      networks.append(
        (
          DenseLayer(weights: hidden, bias: bias, width: row, activation: .rectified),
          DenseLayer(
            weights: (0...labels).flatMap { table[$0 * (1 + units) + 1..<($0 + 1) * (1 + units)] },
            bias: (0...labels).map { table[$0 * (1 + units)] }, width: units, activation: .identity)
        ))
    }
    (self.width, self.layer, self.labels) = (width, layer, labels)
    self.calibration = calibration
    self.networks = networks
  }

  /// What it adds to each label's evidence, and its score for *none*: how far that lies above the best label.
  ///
  /// - Parameters:
  ///   - vector: of the text, ``width`` numbers; its length does not matter.
  ///   - tokens: ``layer``'s vectors of the text's tokens, one behind the other.
  /// - Returns: nil for other counts and for numbers that are not finite.
  func scores(vector: [Float], tokens: [Float]) -> (labels: [Double], none: Double)? {
    guard vector.count == width, !tokens.isEmpty, tokens.count % width == 0 else { return nil }
    var mean = [Float](repeating: 0, count: width)
    var highest = [Float](repeating: -.infinity, count: width)
    for start in stride(from: 0, to: tokens.count, by: width) {
      for column in 0..<width {
        mean[column] += tokens[start + column]
        highest[column] = max(highest[column], tokens[start + column])
      }
    }
    return scores(inputs: [vector, mean, highest])
  }

  /// The same for vector, mean and maximum of the tokens, ``width`` numbers each, whose lengths do not matter.
  func scores(inputs: [[Float]]) -> (labels: [Double], none: Double)? {
    var input: [Float] = []
    input.reserveCapacity(Self.inputs * width)
    for part in inputs {
      guard let scale = Self.scale(part) else { return nil }
      for value in part { input.append(value * scale) }
    }
    var sum = [Double](repeating: 0, count: labels + 1)
    for network in networks {
      let scores = network.output.apply(network.hidden.apply(input))
      for index in sum.indices { sum[index] += Double(scores[index]) / Double(networks.count) }
    }
    let none = sum.removeLast()
    return (sum, none - (sum.max() ?? 0))
  }

  /// What brings a vector to length 1; nil where it is not finite.
  private static func scale(_ vector: [Float]) -> Float? {
    var square = 0.0
    for value in vector { square += Double(value) * Double(value) }
    guard square.isFinite else { return nil }
    return square > 0 ? Float(1 / square.squareRoot()) : 0
  }
}

import CReadingModels
import TextEncoder
import VectorIndex

/// The domain classifier's share over an encoder's vectors: a few small networks, whose mean is added to the linear model's
/// evidence, and the texts that the trainer knew, of which those most like a text add to it too.
///
/// What goes in: the text's vector, and the mean and the maximum of one layer's vectors over the text's tokens, each divided by
/// its length. Each network has one hidden layer, rectified.
///
/// Layout of the file (little-endian), defined in `training/domain_encoder/README.md`: magic `SWYDOMNN`, u32 version 2, u32
/// width, u32 layer, u32 labels, u32 networks, u32 hidden units, u32 directions, u32 neighbours, the floats of ``DomainCalibration``,
/// the neighbours' f32 nearness, f32 spread and f32 factor; a network: a f32 bias a unit, a f32 scale a unit, a row of 3 · width signed
/// bytes a unit; then for each label and for *none* a f32 bias and a f32 a unit; the projection: a f32 bias a direction, a f32 scale
/// a direction, a row of 3 · width signed bytes a direction; a byte a neighbour, its label; a row of signed bytes a neighbour, one
/// a direction; u32 CRC-32.
///
/// One call takes some tenths of a millisecond. Weights are kept in single precision, four bytes for one of the file, neighbours as
/// they are. Immutable; any thread may call it.
public struct DomainHead: Sendable {
  /// What a file of it starts with.
  static let magic = "SWYDOMNN"
  private static let version: UInt32 = 2
  private static let header = 40 + 4 * (DomainCalibration.floats + 3)
  /// Vectors that go in.
  private static let inputs = 3

  /// Numbers a vector.
  public let width: Int
  /// The layer, counted from 1, whose vectors of tokens go in.
  public let layer: Int
  let labels: Int
  let calibration: DomainCalibration
  private let networks: [(hidden: DenseLayer, output: DenseLayer)]
  private let neighbours: DomainNeighbours

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
    let file = try WeightsFile(buffer, magic: Self.magic, version: Self.version, header: Self.header)
    let (width, layer, labels) = (file.integer(12), file.integer(16), file.integer(20))
    let (count, units) = (file.integer(24), file.integer(28))
    let (directions, known) = (file.integer(32), file.integer(36))
    guard (1...4096).contains(width) else { throw file.invalid("the width") }
    guard (1...64).contains(layer) else { throw file.invalid("the layer") }
    guard (1...LinearModel.rarityLane).contains(labels) else { throw file.invalid("the number of labels") }
    guard (1...8).contains(count) else { throw file.invalid("the number of networks") }
    guard (1...1024).contains(units) else { throw file.invalid("the number of units") }
    guard (1...1024).contains(directions) else { throw file.invalid("the number of directions") }
    guard (1...100_000).contains(known) else { throw file.invalid("the number of neighbours") }
    let row = Self.inputs * width
    let network = units * (8 + row) + 4 * (labels + 1) * (1 + units)
    try file.expect(
      length: Self.header + count * network + directions * (8 + row) + known * (1 + directions) + 4)
    guard let calibration = DomainCalibration(try file.reals(40, count: DomainCalibration.floats)) else {
      throw file.invalid("the calibration")
    }
    let nearness = try file.reals(40 + 4 * DomainCalibration.floats, count: 3)
    guard nearness[1] > 0 else { throw file.invalid("the spread") }
    var networks: [(DenseLayer, DenseLayer)] = []
    for index in 0..<count {
      let place = Self.header + index * network
      let hidden = try Self.coded(file, place, rows: units, width: row, activation: .rectified)
      let table = try file.reals(place + units * (8 + row), count: (labels + 1) * (1 + units))
      networks.append(
        (
          hidden,
          DenseLayer(
            weights: (0...labels).flatMap { table[$0 * (1 + units) + 1..<($0 + 1) * (1 + units)] },
            bias: (0...labels).map { table[$0 * (1 + units)] }, width: units, activation: .identity)
        ))
    }
    var place = Self.header + count * network
    let projection = try Self.coded(file, place, rows: directions, width: row, activation: .identity)
    place += directions * (8 + row)
    let owners = Array(buffer[place..<place + known])
    guard owners.allSatisfy({ $0 < labels }) else { throw file.invalid("a neighbour's label") }
    place += known
    neighbours = DomainNeighbours(
      projection: projection,
      vectors: CodedVectors(
        codes: buffer[place..<place + known * directions].map { Int8(bitPattern: $0) }, dimension: directions),
      labels: owners, nearness: nearness[0], spread: nearness[1], factor: nearness[2])
    (self.width, self.layer, self.labels) = (width, layer, labels)
    self.calibration = calibration
    self.networks = networks
  }

  /// A layer of the file: a bias a row, a scale a row, rows of signed bytes.
  private static func coded(
    _ file: WeightsFile, _ place: Int, rows: Int, width: Int, activation: DenseLayer.Activation
  ) throws(WeightsFileError) -> DenseLayer {
    let bias = try file.reals(place, count: rows)
    let scales = try file.reals(place + 4 * rows, count: rows)
    let codes = place + 8 * rows
    let weights = [Float](unsafeUninitializedCapacity: rows * width) { weights, filled in
      for row in 0..<rows {
        for column in row * width..<(row + 1) * width {
          weights.initializeElement(at: column, to: scales[row] * Float(Int8(bitPattern: file.buffer[codes + column])))
        }
      }
      filled = rows * width
    }
    return DenseLayer(weights: weights, bias: bias, width: width, activation: activation)
  }

  /// What it adds to each label's evidence, and its score for *none*: how far the networks have that above the best label.
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
    let headNone = none - (sum.max() ?? 0)
    for (index, evidence) in neighbours.evidence(input, labels: labels).enumerated() { sum[index] += evidence }
    return (sum, headNone)
  }

  /// What brings a vector to length 1; nil where it is not finite.
  private static func scale(_ vector: [Float]) -> Float? {
    var square = 0.0
    for value in vector { square += Double(value) * Double(value) }
    guard square.isFinite else { return nil }
    return square > 0 ? Float(1 / square.squareRoot()) : 0
  }
}

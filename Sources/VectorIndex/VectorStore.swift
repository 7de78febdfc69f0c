import CVectorKernels

/// The vectors of an index by place, 0 and up without gaps: floats, int8 codes with a scale, ids.
///
/// Memory comes in blocks of 1 024 places and never moves. Whoever writes a place below the index's count does so while
/// nobody reads; the index sees to it.
final class VectorStore {
  static let blockEntries = Int(VECTOR_KERNELS_BLOCK)

  let dimension: Int
  /// Numbers a stored vector takes.
  let width: Int
  let kernels: vector_kernels
  /// A place for each block that the capacity may need.
  let blocks: UnsafeMutablePointer<vector_block>
  private let blockLimit: Int
  private(set) var blockCount = 0

  init(dimension: Int, capacity: Int, kernels: vector_kernels) {
    self.dimension = dimension
    self.kernels = kernels
    width = Self.padded(dimension)
    blockLimit = (capacity + Self.blockEntries - 1) / Self.blockEntries
    blocks = .allocate(capacity: blockLimit)
    blocks.initialize(repeating: vector_block(codes: nil, scales: nil), count: blockLimit)
  }

  deinit {
    shrink(toFit: 0, sparing: 0)
    blocks.deallocate()
  }

  static func padded(_ dimension: Int) -> Int {
    let padding = Int(VECTOR_KERNELS_PADDING)
    return (dimension + padding - 1) / padding * padding
  }

  /// Bytes of a block: codes, floats, scales, margins, ids.
  static func blockSize(dimension: Int) -> Int { blockEntries * (5 * padded(dimension) + 16) }

  /// Bytes held.
  var size: Int { blockCount * Self.blockSize(dimension: dimension) }

  // MARK: Blocks

  /// Makes room for so many places.
  func grow(toFit count: Int) {
    while blockCount * Self.blockEntries < count {
      precondition(blockCount < blockLimit, "the index's capacity bounds its blocks")
      let memory = UnsafeMutableRawPointer.allocate(
        byteCount: Self.blockSize(dimension: dimension), alignment: Int(VECTOR_KERNELS_PADDING))
      blocks[blockCount] = vector_block(
        codes: memory.assumingMemoryBound(to: Int8.self),
        scales: (memory + Self.blockEntries * 5 * width).assumingMemoryBound(to: Float.self))
      blockCount += 1
    }
  }

  /// Gives back the blocks behind so many places, all but a few.
  func shrink(toFit count: Int, sparing spare: Int = 1) {
    let needed = (count + Self.blockEntries - 1) / Self.blockEntries
    while blockCount > needed + spare {
      blockCount -= 1
      UnsafeMutableRawPointer(block(blockCount).codes).deallocate()
      blocks[blockCount] = vector_block(codes: nil, scales: nil)
    }
  }

  private func block(_ index: Int) -> (codes: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>) {
    guard let codes = blocks[index].codes, let scales = blocks[index].scales else {
      preconditionFailure("a place below the count lies in a block")
    }
    return (codes, scales)
  }

  // MARK: Places

  func codes(_ place: Int) -> UnsafeMutablePointer<Int8> {
    block(place / Self.blockEntries).codes + place % Self.blockEntries * width
  }

  func scale(_ place: Int) -> UnsafeMutablePointer<Float> {
    block(place / Self.blockEntries).scales + place % Self.blockEntries
  }

  /// The length of what rounding to codes took from the vector.
  func margin(_ place: Int) -> UnsafeMutablePointer<Float> { scale(place) + Self.blockEntries }

  func id(_ place: Int) -> UnsafeMutablePointer<UInt64> {
    let ids = UnsafeMutableRawPointer(block(place / Self.blockEntries).scales + 2 * Self.blockEntries)
    return ids.assumingMemoryBound(to: UInt64.self) + place % Self.blockEntries
  }

  func floats(_ place: Int) -> UnsafeMutablePointer<Float> {
    let floats = UnsafeMutableRawPointer(block(place / Self.blockEntries).codes + Self.blockEntries * width)
    return floats.assumingMemoryBound(to: Float.self) + place % Self.blockEntries * width
  }

  func write(_ vector: DirectionVector, id: UInt64, at place: Int) {
    self.id(place).pointee = id
    vector.floats.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { floats(place).update(from: start, count: width) }
    }
    let peak = vector.floats.reduce(0) { max($0, abs($1)) }
    let scale = peak / 127
    let codes = codes(place)
    var lost: Float = 0
    for index in 0..<width {
      let code = (vector.floats[index] / scale).rounded()
      codes[index] = Int8(max(-127, min(127, code)))
      let rest = vector.floats[index] - Float(codes[index]) * scale
      lost += rest * rest
    }
    self.scale(place).pointee = scale
    // A little more, for the sum above is rounded too.
    margin(place).pointee = lost.squareRoot() * 1.0001
  }

  func move(from: Int, to: Int) {
    id(to).pointee = id(from).pointee
    scale(to).pointee = scale(from).pointee
    margin(to).pointee = margin(from).pointee
    codes(to).update(from: codes(from), count: width)
    floats(to).update(from: floats(from), count: width)
  }

  /// The cosine, in single precision.
  func likeness(_ vector: DirectionVector, _ place: Int) -> Float {
    vector.floats.withUnsafeBufferPointer { floats in
      guard let start = floats.baseAddress else { return 0 }
      return kernels.dot(start, self.floats(place), width)
    }
  }

  /// A stored vector's codes as a query, to compare it with others: `halves` gets them, the factor is returned.
  func widen(_ place: Int, to halves: UnsafeMutablePointer<Int16>) -> Float {
    let codes = codes(place)
    for index in 0..<width { halves[index] = Int16(codes[index]) }
    return scale(place).pointee
  }
}

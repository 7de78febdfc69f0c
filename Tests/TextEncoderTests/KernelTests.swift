import CEmulatedKernels
import CTextKernels
import Seeded
import Testing

@testable import TextEncoder

/// Every table against the portable one on random matrices of awkward sizes.
@Suite("Kernels")
struct KernelTests {
  private static let seed: UInt64 = 20_261
  private let portable = InstructionSet.portable.kernels
  private var tables: [(name: String, kernels: text_kernels)] {
    InstructionSet.allCases.filter { $0 != .portable && $0.isAvailable }.map { ($0.rawValue, $0.kernels) }
      + [
        ("avx512-vnni, emulated", text_emulated_vnni_kernels().pointee),
        ("amx, emulated", text_emulated_amx_kernels().pointee),
      ]
  }

  private func random(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &generator) * Float.random(in: 0...2, using: &generator) }
  }

  private func aligned<Value>(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> Value) -> Value {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: bytes)
    defer { memory.deallocate() }
    return body(memory)
  }

  private func linear(
    _ kernels: text_kernels, _ x: [Float], _ w: [Float], rows: Int, width: Int, channels: Int, bias: [Float]?,
    _ activation: text_activation
  ) -> [Float] {
    let padded = (channels + 15) / 16 * 16
    var panels = [Int8](repeating: 0, count: padded * ((width + 3) / 4 * 4))
    var scales = [Float](repeating: 0, count: padded)
    var sums = [Int32](repeating: 0, count: padded)
    text_pack_weights(w, channels, width, &panels, &scales, &sums)
    var output = [Float](repeating: -77, count: rows * channels)
    var rowScales = [Float](repeating: 0, count: rows)
    let paddedBias = bias.map { $0 + [Float](repeating: 0, count: padded - channels) }
    aligned(text_linear_scratch(rows, width)) { scratch in
      aligned(text_quantized_size(rows, width)) { quantized in
        kernels.quantize(x, width, rows, width, quantized, &rowScales)
        func run(_ bias: UnsafePointer<Float>?) {
          panels.withUnsafeBufferPointer { panels in
            scales.withUnsafeBufferPointer { scales in
              sums.withUnsafeBufferPointer { sums in
                rowScales.withUnsafeBufferPointer { rowScales in
                  output.withUnsafeMutableBufferPointer { output in
                    guard let p = panels.baseAddress, let s = scales.baseAddress, let n = sums.baseAddress,
                      let r = rowScales.baseAddress, let o = output.baseAddress
                    else { return }
                    var job = text_linear(
                      input: quantized, input_scales: r, rows: rows, width: width, panels: p, scales: s, sums: n,
                      bias: bias, channels: channels, activation: activation, output: o, output_stride: channels,
                      scratch: scratch)
                    kernels.linear(&job)
                  }
                }
              }
            }
          }
        }
        if let paddedBias { paddedBias.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
      }
    }
    return output
  }

  private func highestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
  }

  @Test("int8 products are equal but for rounding, and near those of single precision")
  func products() {
    var generator = SeededGenerator(seed: Self.seed)
    for (rows, width, channels) in [
      (1, 16, 16), (3, 20, 33), (6, 64, 32), (7, 36, 7), (14, 128, 48), (17, 96, 50), (29, 52, 64),
      (1, 64, 16), (16, 64, 17), (33, 192, 96), (47, 64, 33),
    ] {
      let x = random(rows * width, &generator)
      let w = random(channels * width, &generator)
      let bias = rows % 2 == 0 ? nil : random(channels, &generator)
      let expected = linear(
        portable, x, w, rows: rows, width: width, channels: channels, bias: bias, TEXT_ACTIVATION_NONE)
      for row in 0..<rows {
        for channel in 0..<channels {
          var exact: Float = bias?[channel] ?? 0
          for k in 0..<width { exact += x[row * width + k] * w[channel * width + k] }
          #expect(abs(exact - expected[row * channels + channel]) < 0.02 * Float(width).squareRoot())
        }
      }
      for (name, kernels) in tables {
        let got = linear(kernels, x, w, rows: rows, width: width, channels: channels, bias: bias, TEXT_ACTIVATION_NONE)
        // A value that lies between two integers may be rounded either way: half a step of one activation.
        #expect(highestDifference(got, expected) < 0.02, "seed \(Self.seed), \(name), \(rows) × \(width) × \(channels)")
      }
    }
  }

  @Test("sums of integers are the same to the bit in every table")
  func integers() {
    var generator = SeededGenerator(seed: Self.seed)
    // Values of every size, those of trained models, which are small with a few that are not, and those at which sums of two
    // and of four just stay below 2^15 or reach it.
    let values: [[Int]] = [
      Array(-127...127), Array(repeating: Array(-12...12), count: 12).flatMap { $0 } + [127, -127, 100, 90],
      [0, 32, 33, 64, 65, -32, -33, -64, -65], [32, 32, 32, 31], [-64, -64, -64, 0, 0, -65],
    ]
    for (rows, width, channels) in [(5, 36, 20), (16, 64, 16), (31, 128, 33), (50, 384, 48)] {
      for (kind, values) in values.enumerated() {
        // Each row holds 127, so that scales are 1 and values are kept as they are.
        func integers(_ rows: Int, _ values: [Int]) -> [Float] {
          (0..<rows * width).map {
            $0 % width == 0 ? 127 : Float(values[Int.random(in: 0..<values.count, using: &generator)])
          }
        }
        let x = integers(rows, values)
        let w = integers(channels, kind < 2 ? Array(-127...127) : kind == 2 ? [127, -127] : [127])
        var expected: [Float] = []
        for row in 0..<rows {
          for channel in 0..<channels {
            expected.append((0..<width).reduce(0) { $0 + x[row * width + $1] * w[channel * width + $1] })
          }
        }
        for (name, kernels) in tables + [("portable", portable)] {
          let got = linear(kernels, x, w, rows: rows, width: width, channels: channels, bias: nil, TEXT_ACTIVATION_NONE)
          #expect(got == expected, "seed \(Self.seed), \(name), \(rows) × \(width) × \(channels), values \(kind)")
        }
      }
    }
  }

  @Test("activations are those of their definitions, to 1e-5")
  func activations() {
    // One channel, weight 1 and a bias of x: the input is zero, so the output is activation(x).
    for (name, kernels) in tables + [("portable", portable)] {
      let points = (-60...60).map { Float($0) / 10 }
      func values(_ activation: text_activation) -> [Float] {
        linear(
          kernels, [Float](repeating: 0, count: 4), [Float](repeating: 1, count: 4 * points.count), rows: 1, width: 4,
          channels: points.count, bias: points, activation)
      }
      for (x, y) in zip(points, values(TEXT_ACTIVATION_GELU)) {
        #expect(abs(Double(y) - Reference.gelu(Double(x))) < 1e-5, "\(name), gelu(\(x))")
      }
      for (x, y) in zip(points, values(TEXT_ACTIVATION_TANH)) {
        #expect(abs(Double(y) - Reference.tanh(Double(x))) < 1e-6, "\(name), tanh(\(x))")
      }
      #expect(values(TEXT_ACTIVATION_RELU) == points.map { max($0, 0) })
    }
  }

  private func attention(
    _ kernels: text_kernels, _ x: [Float], rows: Int, heads: Int, headWidth: Int, window: Int
  ) -> [Float] {
    let width = heads * headWidth
    var output = [Float](repeating: -77, count: rows * width)
    aligned(text_attention_scratch(rows, headWidth)) { scratch in
      x.withUnsafeBufferPointer { x in
        output.withUnsafeMutableBufferPointer { output in
          guard let q = x.baseAddress, let o = output.baseAddress else { return }
          var job = text_attention(
            queries: q, keys: q + width, values: q + 2 * width, stride: 3 * width, rows: rows, heads: heads,
            head_width: headWidth, scale: 0.25, window: window, output: o, output_stride: width, scratch: scratch)
          kernels.attention(&job)
        }
      }
    }
    return output
  }

  @Test("attention is softmax attention, over all tokens and over near ones")
  func attentions() {
    var generator = SeededGenerator(seed: Self.seed)
    // Inputs four times as large set scores far apart: few places get nearly all the weight.
    for (rows, heads, headWidth, window, size) in [
      (1, 1, 16, 0, 1), (5, 2, 32, 0, 1), (33, 2, 16, 0, 1), (50, 1, 48, 4, 1), (71, 2, 32, 9, 1), (130, 1, 64, 64, 1),
      (65, 1, 80, 64, 1), (33, 2, 32, 0, 4), (130, 1, 64, 64, 4),
    ] {
      let x = random(rows * 3 * heads * headWidth, &generator).map { $0 * Float(size) }
      let expected = Reference.attention(x, rows: rows, heads: heads, headWidth: headWidth, window: window, scale: 0.25)
      for (name, kernels) in tables + [("portable", portable)] {
        let got = attention(kernels, x, rows: rows, heads: heads, headWidth: headWidth, window: window)
        // Tiles multiply bfloat16s: 8 bits of queries, keys, weights and values.
        let largest = expected.map(abs).max() ?? 0
        let usual: Float = kernels.instructions == TEXT_INSTRUCTIONS_AMX ? 0.01 : 1e-5
        let peaked = (kernels.instructions == TEXT_INSTRUCTIONS_AMX ? 3e-2 : 1e-4) * largest
        let bound = size == 1 ? usual : peaked
        #expect(highestDifference(got, expected) < bound, "seed \(Self.seed), \(name), \(rows) rows, window \(window)")
        #expect(Fixtures.cosine(got, expected) > 0.9999, "\(name)")
      }
    }
  }

  @Test("rows of zeros and rows that are no numbers give zeros, not faults")
  func degenerateRows() {
    let x: [Float] = [0, 0, 0, 0, .nan, .infinity, 1, 2, 1, 1, 1, 1]
    for (name, kernels) in tables + [("portable", portable)] {
      let got = linear(
        kernels, x, [1, 1, 1, 1], rows: 3, width: 4, channels: 1, bias: nil, TEXT_ACTIVATION_NONE)
      #expect(got[0] == 0, "\(name)")
      #expect(got[1] == 0, "\(name)")
      #expect(abs(got[2] - 4) < 0.05, "\(name)")
    }
  }

  @Test("rows are normed and multiplied in single precision as by definition")
  func rows() {
    var generator = SeededGenerator(seed: Self.seed)
    for (width, channels) in [(5, 1), (48, 6), (100, 9), (384, 37)] {
      let (x, y) = (random(2 * width, &generator), random(2 * width, &generator))
      let (gamma, beta) = (random(width, &generator), random(width, &generator))
      let (weights, bias) = (random(channels * width, &generator), random(channels, &generator))
      let sum = zip(x, y).map { $0 + $1 }
      var normed: [Float] = []
      var products: [Float] = []
      for row in 0..<2 {
        let values = sum[row * width..<(row + 1) * width].map(Double.init)
        let mean = values.reduce(0, +) / Double(width)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        normed += values.indices.map {
          Float((values[$0] - mean) / (variance + 1e-6).squareRoot() * Double(gamma[$0]) + Double(beta[$0]))
        }
        products += (0..<channels).map { channel in
          max(0, (0..<width).reduce(bias[channel]) { $0 + x[row * width + $1] * weights[channel * width + $1] })
        }
      }
      for (name, kernels) in tables + [("portable", portable)] {
        var (output, sums) = ([Float](repeating: -77, count: 2 * width), [Float](repeating: -77, count: 2 * width))
        kernels.layer_norm(x, y, 2, width, gamma, beta, 1e-6, &sums, &output)
        #expect(sums == sum, "\(name)")
        #expect(highestDifference(output, normed) < 1e-5, "seed \(Self.seed), \(name), width \(width)")
        var dense = [Float](repeating: -77, count: 2 * channels)
        kernels.dense(x, 2, width, weights, bias, channels, TEXT_ACTIVATION_RELU, &dense)
        #expect(highestDifference(dense, products) < 1e-4, "seed \(Self.seed), \(name), width \(width)")
      }
    }
  }

  @Test("the checksum sees a changed byte, a moved one and a missing one")
  func checksum() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let sum = text_checksum(bytes, bytes.count)
    for place in [0, 31, 32, 500, 999] {
      var other = bytes
      other[place] ^= 1
      #expect(text_checksum(other, other.count) != sum)
    }
    var swapped = bytes
    swapped.swapAt(3, 11)
    #expect(text_checksum(swapped, swapped.count) != sum)
    #expect(text_checksum(bytes, bytes.count - 1) != sum)
  }
}

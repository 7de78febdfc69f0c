import Foundation

/// Plain double-precision definitions.
enum Reference {
  static func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }
  static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }

  static func attention(_ x: [Float], rows: Int, heads: Int, headWidth: Int, window: Int, scale: Double) -> [Float] {
    let width = heads * headWidth
    var output = [Float](repeating: 0, count: rows * width)
    func value(_ row: Int, _ part: Int, _ at: Int) -> Double { Double(x[row * 3 * width + part * width + at]) }
    for head in 0..<heads {
      for row in 0..<rows {
        let near = (0..<rows).filter { window == 0 || abs($0 - row) <= window }
        let scores = near.map { other in
          scale
            * (0..<headWidth).reduce(0) {
              $0 + value(row, 0, head * headWidth + $1) * value(other, 1, head * headWidth + $1)
            }
        }
        let highest = scores.max() ?? 0
        let weights = scores.map { exp($0 - highest) }
        let total = weights.reduce(0, +)
        for at in 0..<headWidth {
          let sum = zip(near, weights).reduce(0) { $0 + $1.1 * value($1.0, 2, head * headWidth + at) }
          output[row * width + head * headWidth + at] = Float(sum / total)
        }
      }
    }
    return output
  }
}

import Foundation
import Seeded
import VectorIndex

/// Entries, queries and the queries' nearest entries, as hnswlib.cpp describes them.
struct VectorFile {
  private static let width = 384
  private static let queryCount = 500
  private static let neighbourCount = 10

  let width: Int
  let entries: Int
  let queries: Int
  let neighbours: Int
  private let data: Data

  init(_ path: String) throws {
    data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    let shape = data.prefix(16).withUnsafeBytes { $0.bindMemory(to: UInt32.self).map { Int($0) } }
    guard shape.count == 4, shape.allSatisfy({ 1...100_000_000 ~= $0 }) else {
      throw BenchmarkError("\(path) is no file of vectors; `bench-vectors make` writes one")
    }
    (width, entries, queries, neighbours) = (shape[0], shape[1], shape[2], shape[3])
    guard data.count == 16 + 4 * (width * (entries + queries) + 2 * queries * neighbours) else {
      throw BenchmarkError("\(path) has \(data.count) bytes, which is not what its head says")
    }
  }

  /// A row; queries come behind the entries.
  func row(_ index: Int) -> [Float] {
    data.withUnsafeBytes { bytes in
      let start = 16 + 4 * width * index
      return Array(bytes[start..<start + 4 * width].assumingMemoryBound(to: Float.self))
    }
  }

  func query(_ index: Int) -> [Float] { row(entries + index) }

  /// The nearest entries of a query, among all or those that are not removed.
  func nearest(_ query: Int, afterRemovals: Bool) -> Set<UInt64> {
    data.withUnsafeBytes { bytes in
      let list = query + (afterRemovals ? queries : 0)
      let start = 16 + 4 * (width * (entries + queries) + list * neighbours)
      return Set(bytes[start..<start + 4 * neighbours].assumingMemoryBound(to: UInt32.self).map { UInt64($0) })
    }
  }

  /// Whether an entry is among the 30 % that are removed.
  static func isRemoved(_ entry: Int) -> Bool { entry % 10 < 3 }

  // MARK: Making one

  static func make(texts: String, entries: Int, to path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: texts), options: .alwaysMapped)
    let rows = data.count / (8 * width)
    guard rows > 2 * queryCount, entries > 0 else {
      throw BenchmarkError("\(texts) holds \(rows) texts; more than \(2 * queryCount) are needed, and entries to make")
    }
    let base = data.withUnsafeBytes { bytes in
      (0..<rows).map { row in
        Array(bytes[8 * width * row..<8 * width * row + 4 * width].assumingMemoryBound(to: Float.self))
      }
    }
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw BenchmarkError("\(path) cannot be written")
    }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    func write(_ values: [some BitwiseCopyable]) throws {
      try values.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
    }
    try write([width, entries, queryCount, neighbourCount].map { UInt32($0) })
    var generator = SeededGenerator(seed: 7)
    let known = base.dropLast(queryCount)
    let index = VectorIndex(VectorIndexOptions(dimension: width, capacity: entries, exactLimit: entries))
    for entry in 0..<entries {
      var vector = base[entry % known.count]
      if entry >= known.count {
        let pick = (0..<3).map { _ in Int.random(in: 0..<known.count, using: &generator) }
        let weight = Float.random(in: 0.2...0.7, using: &generator)
        vector = (0..<width).map { base[pick[0]][$0] + weight * (base[pick[1]][$0] - base[pick[2]][$0]) }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        vector = vector.map { $0 / length }
      }
      try index.insert(vector, id: UInt64(entry))
      try write(vector)
    }
    let queries = Array(base.suffix(queryCount))
    for query in queries { try write(query) }
    for entry in -1..<entries where entry < 0 || isRemoved(entry) {
      if entry >= 0 {
        index.remove(UInt64(entry))
        continue
      }
      for query in queries { try write(index.nearest(to: query, limit: neighbourCount).map { UInt32($0.id) }) }
    }
    for query in queries { try write(index.nearest(to: query, limit: neighbourCount).map { UInt32($0.id) }) }
    try file.close()
  }
}

import CVectorKernels
import Foundation
import VectorIndex

/// The times of a run, in CPU time of this thread.
struct Measurement {
  private let file: VectorFile
  private var options: VectorIndexOptions

  init(_ arguments: [String]) throws {
    file = try VectorFile(arguments[1])
    options = VectorIndexOptions(dimension: file.width, capacity: file.entries)
    func option(_ name: String, _ standard: Int) -> Int {
      guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return standard }
      return Int(arguments[place + 1]) ?? standard
    }
    options.links = option("--links", options.links)
    options.constructionBreadth = option("--construction", options.constructionBreadth)
    options.searchBreadth = option("--search", options.searchBreadth)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private static func rounded(_ value: Double, _ digits: Double = 10) -> Double { (value * digits).rounded() / digits }

  private static func median(_ rounds: Int, _ body: (Int) throws -> Void) rethrows -> Double {
    var times: [Double] = []
    for round in 0..<rounds {
      let start = now()
      try body(round)
      times.append(Double(now() - start) / 1000)
    }
    return times.sorted()[rounds / 2]
  }

  // MARK: Looking at all

  func exact() throws {
    phrases()
    for (name, count) in [("1k", 1000), ("10k", 10_000), ("100k", 100_000)] where count <= file.entries {
      var options = options
      options.exactLimit = count
      let index = VectorIndex(options)
      for entry in 0..<count { try index.insert(file.row(entry), id: UInt64(entry)) }
      let queries = (0..<file.queries).map { file.query($0) }
      let rounds = min(queries.count, max(51, 1_000_000 / count))
      var sum = 0
      let time = try Self.median(rounds) { sum += try index.nearest(to: queries[$0], limit: 10).count }
      let one = try Self.median(rounds) { sum += try index.nearest(to: queries[$0], limit: 1, threshold: 0.8).count }
      let floats = floatScan(count, queries, rounds)
      print("\(count) entries: \(sum) results in \(2 * rounds) searches")
      print("figure vector_exact_\(name)_us \(Self.rounded(time)) us")
      print("figure vector_exact_first_\(name)_us \(Self.rounded(one)) us")
      print("figure vector_float_\(name)_us \(Self.rounded(floats)) us")
      print("figure vector_exact_\(name)_bytes \(index.size / count) bytes")
    }
  }

  /// What looking at floats alone takes: the products, without keeping the best.
  private func floatScan(_ count: Int, _ queries: [[Float]], _ rounds: Int) -> Double {
    guard let kernels = vector_kernels_for(vector_kernels_best())?.pointee else { return 0 }
    let rows = UnsafeMutablePointer<Float>.allocate(capacity: count * file.width)
    defer { rows.deallocate() }
    for entry in 0..<count { (rows + entry * file.width).update(from: file.row(entry), count: file.width) }
    var highest: Float = -2
    let time = Self.median(rounds) { round in
      for entry in 0..<count {
        highest = max(highest, kernels.dot(queries[round], rows + entry * file.width, file.width))
      }
    }
    print("highest \(highest)")
    return time
  }

  /// A rule's phrases: the product of a prompt's vector with each of 1 000, in plain Swift and with the kernels.
  private func phrases() {
    let phrases = (0..<min(1000, file.entries)).map { file.row($0) }
    let query = file.query(0)
    func plain(_ left: [Float], _ right: [Float]) -> Float {
      var sum: Float = 0
      for index in 0..<min(left.count, right.count) { sum += left[index] * right[index] }
      return sum
    }
    var highest: Float = -2
    let swift = Self.median(101) { _ in for phrase in phrases { highest = max(highest, plain(query, phrase)) } }
    let kernel = Self.median(101) { _ in
      for phrase in phrases { highest = max(highest, UnitVectors.cosine(query, phrase)) }
    }
    print("highest \(highest)")
    print("figure vector_1000_phrases_plain_us \(Self.rounded(swift)) us")
    print("figure vector_1000_phrases_us \(Self.rounded(kernel)) us")
  }

  // MARK: The graph

  mutating func graph() throws {
    let name = file.entries >= 1_000_000 ? "\(file.entries / 1_000_000)m" : "\(file.entries / 1000)k"
    options.exactLimit = min(options.exactLimit, file.entries / 2)
    let breadth = options.searchBreadth
    let index = VectorIndex(options)
    var start = Self.now()
    for entry in 0..<file.entries { try index.insert(file.row(entry), id: UInt64(entry)) }
    let inserted = Double(Self.now() - start) / 1000 / Double(file.entries)
    print("\(index.linkedCount) of \(index.count) entries linked")
    print("figure vector_hnsw_\(name)_insert_us \(Self.rounded(inserted)) us")
    print("figure vector_hnsw_\(name)_bytes \(index.size / index.count) bytes")
    try search(index, "vector_hnsw_\(name)", breadth, afterRemovals: false)
    start = Self.now()
    var removed = 0
    for entry in 0..<file.entries where VectorFile.isRemoved(entry) {
      index.remove(UInt64(entry))
      removed += 1
    }
    let time = Double(Self.now() - start) / 1000 / Double(removed)
    print("figure vector_hnsw_\(name)_remove_us \(Self.rounded(time)) us")
    try search(index, "vector_hnsw_\(name)_removed", breadth, afterRemovals: true)
  }

  private func search(_ index: VectorIndex, _ name: String, _ breadth: Int, afterRemovals: Bool) throws {
    let queries = (0..<file.queries).map { file.query($0) }
    for other in [16, 24, 32, 48, 64, 96, 128, 192, 256, 384] {
      var found = 0
      let start = Self.now()
      for (query, vector) in queries.enumerated() {
        let nearest = file.nearest(query, afterRemovals: afterRemovals)
        found += try index.nearest(to: vector, limit: file.neighbours, breadth: other).count { nearest.contains($0.id) }
      }
      let time = Double(Self.now() - start) / 1000 / Double(queries.count)
      let recall = Double(found) / Double(queries.count * file.neighbours)
      print("\(name) ef \(other): recall \(Self.rounded(recall, 10_000)), \(Self.rounded(time)) us a query")
      guard other == breadth else { continue }
      print("figure \(name)_us \(Self.rounded(time)) us")
      print("figure \(name)_recall \(Self.rounded(recall, 10_000)) of 1")
    }
  }
}

// bench-vectors: what a search of the vector index costs on one core, and what it finds.
//
//   bench-vectors make TEXTS ENTRIES FILE   a file of entries and queries, grown from vectors of texts
//   bench-vectors exact FILE                searches that look at 1 000, 10 000 and 100 000 entries
//   bench-vectors graph FILE [--links M] [--construction EF] [--search EF]
//                                           insertions, searches and removals of all entries
//
// TEXTS is what `bench-encoder embed` wrote: of each text its vector and that of a middle layer, 384 floats each. The last
// 500 are the queries; entries are the others and, beyond them, the seeded sums a + w · (b - c) of three of them with w
// from 0.2 to 0.7, so that they lie as sentences do. FILE is described in hnswlib.cpp, which measures a library on the same
// file. Every figure is a line `figure NAME VALUE UNIT`.

import VectorIndex

do {
  let arguments = Array(CommandLine.arguments.dropFirst())
  switch (arguments.first, arguments.count) {
  case ("make", 4): try VectorFile.make(texts: arguments[1], entries: Int(arguments[2]) ?? 0, to: arguments[3])
  case ("exact", 2...): try Measurement(arguments).exact()
  case ("graph", 2...):
    var measurement = try Measurement(arguments)
    try measurement.graph()
  default: throw BenchmarkError("there are: make TEXTS ENTRIES FILE, exact FILE, graph FILE")
  }
} catch {
  print("bench-vectors: \(error)")
  BenchmarkError.exitWithFailure()
}

// Feeds random texts to tokenizers, and damaged files to the loaders, and checks what they promise: nothing crashes,
// places lie in the text and rise, ids are in the vocabulary, a limit gives a prefix, WordPiece reads two texts with a
// space between as it reads each, a damaged file is refused or read.
//
//   swift run -c release tokenizer-fuzz [--iterations N] [--seconds S] [--seed X]
//     [--corpus DIRECTORY] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1. Run it from the root of the package, or name the corpus: a folder of tokenizer files.

import FuzzCommand
import Seeded
import TextEncoder

let run = FuzzRun(
  "tokenizer-fuzz",
  options: ["--iterations N", "--seconds S", "--seed X", "--corpus DIRECTORY", "--artifacts DIRECTORY"])
let files = run.corpus(in: "Tests/TextEncoderTests/Fixtures", of: "tokenizer files").filter {
  $0.name.hasSuffix(".json")
}
let tokenizers = try files.map { file in
  (name: file.name, tokenizer: try file.bytes.withUnsafeBytes { try Tokenizer(json: $0, path: file.name) })
}
run.printSeed(", \(tokenizers.count) tokenizers")
var generator = SeededGenerator(seed: run.seed)
var tokens = 0
let done = run.repeatUntilOver(lookingEvery: 64) { iteration in
  if iteration % 50 == 49 {
    let damaged = RandomInput.damaged(files[Int(generator.next() % UInt64(files.count))].bytes, &generator)
    if let tokenizer = try? damaged.withUnsafeBytes({ try Tokenizer(json: $0, path: "damaged") }) {
      let text = RandomInput.text(&generator)
      tokens += text.withUnsafeBytes { tokenizer.tokenize($0).count }
    }
    return
  }
  let text = RandomInput.text(&generator)
  for (name, tokenizer) in tokenizers {
    run.check(text, iteration: iteration, place: ", \(name)") {
      let count = try Checks.check(text, tokenizer, name, &generator)
      tokens += count
    }
  }
}
print("\(done) inputs, \(tokens) tokens: no failure")

// bench-encoder: what reading a text with the encoder costs on one core.
//
//   bench-encoder time MODEL [--rounds N] [--set INSTRUCTIONS]   figures for 16 to 512 tokens
//   bench-encoder read MODEL [--rounds N] [--set INSTRUCTIONS]   figures from a request's bytes to its domain, and again
//   bench-encoder batch                           the linear layers of 1 to 8 texts as one batch, and one after another
//   bench-encoder tokenize MODEL TEXTS            figure tokenizer_mb_per_s; TEXTS: a file of lines
//   bench-encoder serve MODEL                     answers requests of compare.py on standard input
//   bench-encoder embed MODEL TEXTS VECTORS       vectors of a file of lines, for training: 32-bit floats, a row a line
//   bench-encoder pack FOLDER MODEL               packs a model's folder
//
// MODEL is a packed file. Every figure is a line `figure NAME VALUE UNIT`.

import TextEncoder

do {
  switch CommandLine.arguments.dropFirst().first {
  case "pack": try Commands.pack(Array(CommandLine.arguments.dropFirst(2)))
  case "time": try Commands.time(Array(CommandLine.arguments.dropFirst(2)))
  case "read": try Commands.read(Array(CommandLine.arguments.dropFirst(2)))
  case "batch": BatchMeasurement.run()
  case "tokenize": try Commands.tokenize(Array(CommandLine.arguments.dropFirst(2)))
  case "embed": try Commands.embed(Array(CommandLine.arguments.dropFirst(2)))
  case "serve": try Commands.serve(Array(CommandLine.arguments.dropFirst(2)))
  default: throw EncoderModelError("bench-encoder", "there are: pack, time, read, batch, tokenize, embed, serve")
  }
} catch {
  print("bench-encoder: \(error)")
  Commands.exitWithFailure()
}
